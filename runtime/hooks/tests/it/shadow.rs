//! Candidates beside the active versions: what they are asked, and what is counted.

use std::time::{Duration, Instant};

use crate::fixture::{self, Behaviour, Fixture, about, last, presented, running, unit, with};
use amprule_domain::authorization::{AuthorizationOutput, Opinion};
use amprule_domain::ports::Hooks as _;
use amprule_domain::pricing::{Pin, PricingInput};
use amprule_hooks::HookSettings;
use amprule_hooks::selection::Parts;
use amprule_hooks::shadow::ShadowView;

fn beside(active: Behaviour, candidate: Behaviour) -> Fixture {
    let fixture = Fixture::new(HookSettings::default());
    fixture.activate(unit("tou", "1", active));
    fixture.registry.begin_shadow(fixture.version(unit("tou", "2", candidate)), "candidates/tou", None);
    fixture
}

async fn ask(fixture: &Fixture, pin: &Pin, input: PricingInput) {
    fixture.registry.price(Some(pin), input, about()).await;
}

/// Waits for a state, with a deadline that only a failure meets.
fn until(fixture: &Fixture, unit: &str, holds: impl Fn(&ShadowView) -> bool) -> ShadowView {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let view = fixture.registry.shadow(unit).expect("a candidate");
        if holds(&view) {
            return view;
        }
        assert!(Instant::now() < deadline, "it never came: {view:?}");
        std::thread::park_timeout(Duration::from_millis(5));
    }
}

/// What one bill and one running price are counted as: same, changed, failed, and the money's difference.
async fn check(candidate: Behaviour, expect: (u64, u64, u64, Option<&str>)) {
    let fixture = beside(Behaviour::Price("4.00"), candidate);
    let pin = fixture.pin(None).expect("a tariff");
    ask(&fixture, &pin, running()).await;
    ask(&fixture, &pin, last()).await;
    let view = until(&fixture, "tou", |view| view.compared == 2);
    let found = &view.found.comparison;
    let difference = found.money.get("EUR").map(|money| money.difference.to_string());
    assert_eq!((found.same, found.changed, found.failed, difference.as_deref()), expect, "{view}");
    assert!(fixture.heard("extension.shadow"));
}

#[tokio::test]
async fn bills_are_counted_with_their_money_and_running_prices_without() {
    check(Behaviour::Price("4.00"), (2, 0, 0, Some("0.00"))).await;
    check(Behaviour::Price("4.01"), (0, 2, 0, Some("0.01"))).await;
    check(Behaviour::Panic, (0, 0, 2, None)).await;
    check(Behaviour::ManyLines, (0, 0, 2, None)).await;
}

#[tokio::test]
async fn only_answers_of_the_active_version_are_held_against_it_and_another_one_begins_anew() {
    let fixture = beside(Behaviour::Price("4.00"), Behaviour::Price("4.00"));
    let first = fixture.pin(None).expect("a tariff");
    ask(&fixture, &first, last()).await;
    until(&fixture, "tou", |view| view.found.comparison.same == 1);

    fixture.activate(unit("tou", "3", Behaviour::Price("5.00")));
    let second = fixture.pin(None).expect("a tariff");
    ask(&fixture, &first, last()).await;
    ask(&fixture, &second, last()).await;
    let view = until(&fixture, "tou", |view| view.found.comparison.changed == 1);
    assert_eq!((view.compared, view.of.map(|of| of.version)), (1, Some("3".to_owned())));
}

#[tokio::test]
async fn questions_beyond_the_queue_are_dropped_and_nobody_waits() {
    let fixture = beside(Behaviour::Price("4.00"), Behaviour::UntilDeadline);
    let pin = fixture.pin(None).expect("a tariff");
    for _ in 0..1_100 {
        ask(&fixture, &pin, last()).await;
    }
    let view = until(&fixture, "tou", |view| view.dropped > 0 && view.compared > 0);
    assert!(view.compared < 1_000, "it is as slow as it was told to be: {view:?}");
}

#[tokio::test]
async fn verdicts_are_compared_by_their_decision() {
    let say = |verdict| AuthorizationOutput { verdict, ..AuthorizationOutput::no_opinion() };
    let fixture = Fixture::new(HookSettings::default());
    fixture.activate(unit("policy", "1", Behaviour::Say(say(Opinion::Accept))));
    let candidate = fixture.version(unit("policy", "2", Behaviour::Say(say(Opinion::Reject))));
    fixture.registry.begin_shadow(candidate, "candidates/policy", None);
    let answer = fixture.registry.authorize(presented(), fixture::occasion(&fixture::cs_1())).await;
    assert_eq!(answer.output.verdict, Opinion::Accept);
    let view = until(&fixture, "policy", |view| view.compared == 1);
    let page = view.to_string();
    assert!(page.contains(&format!("decision {}", answer.decisions[0].id)) && page.contains("reject"), "{page}");
}

#[tokio::test]
async fn a_modifier_is_compared_by_the_bill_with_its_lines() {
    let fixture = Fixture::selecting(Parts { modifiers: Some(vec!["off".to_owned()]), ..Parts::default() });
    fixture.activate(unit("tariff", "1", Behaviour::Price("4.00")));
    fixture.activate(unit("off", "1", Behaviour::Add("-0.30")));
    let candidate = fixture.version(unit("off", "2", Behaviour::Add("-0.31")));
    fixture.registry.begin_shadow(candidate, "candidates/off", None);
    let pin = fixture.pin(None).expect("a tariff");
    ask(&fixture, &pin, last()).await;
    let view = until(&fixture, "off", |view| view.compared == 1);
    let found = &view.found.comparison;
    let money = &found.money["EUR"];
    let sums = [money.before, money.after].map(|sum| sum.to_string());
    assert_eq!((found.changed, sums), (1, ["3.70".to_owned(), "3.69".to_owned()]), "{view}");
}

#[tokio::test]
async fn another_clock_is_told() {
    let fixture = Fixture::new(HookSettings::default());
    fixture.activate(unit("tou", "1", Behaviour::Price("4.00")));
    let night = with(unit("tou", "2", Behaviour::Price("4.00")), |source| source.manifest.boundaries = vec![360]);
    fixture.registry.begin_shadow(fixture.version(night), "candidates/tou", None);
    let pin = fixture.pin(None).expect("a tariff");
    ask(&fixture, &pin, last()).await;
    assert!(until(&fixture, "tou", |view| view.compared == 1).approximate);
}

#[test]
fn a_candidate_that_is_gone_is_told_and_shown_no_more() {
    let fixture = beside(Behaviour::Price("4.00"), Behaviour::Price("4.00"));
    fixture.registry.end_shadow("tou");
    assert!(fixture.registry.shadow("tou").is_none());
    assert!(fixture.registry.shadows().is_empty());
}
