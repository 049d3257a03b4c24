//! The registry through its door: versions in, prices and verdicts out.

use std::sync::Arc;
use std::time::Duration;

use crate::fixture::{self, Behaviour, Fixture, about, cs_1, last, presented, running, unit, with};
use amprule_domain::authorization::{AuthorizationInput, AuthorizationOutput, Opinion, Purpose};
use amprule_domain::decision::{FaultClass, Hook};
use amprule_domain::facts::Facts;
use amprule_domain::ports::Hooks as _;
use amprule_domain::{Currency, Decimal};
use amprule_hooks::manifest::{Parameter, ParameterKind};
use amprule_hooks::registry::{Stage, Unchanged, UnitState};
use amprule_hooks::selection::Parts;
use amprule_hooks::{Change, HookSettings, Kind, Mask, StaticTariff};
use serde_json::json;

fn eur(text: &str) -> Decimal {
    text.parse().expect("a decimal")
}

#[tokio::test]
async fn a_session_keeps_the_version_it_began_with() {
    let fixture = Fixture::new(HookSettings::default());
    fixture.activate(unit("tou", "1", Behaviour::Price("1.00")));
    let first = fixture.pin(None).unwrap();
    fixture.activate(unit("tou", "2", Behaviour::Price("2.00")));
    let second = fixture.pin(None).unwrap();
    fixture.registry.apply(vec![Change::Remove { id: "tou".to_owned() }]);
    assert_eq!(fixture.pin(None), None);
    for (pin, total) in [(&first, "1.00"), (&second, "2.00")] {
        let answer = fixture.registry.price(Some(pin), running(), about()).await;
        let price = answer.price.unwrap();
        assert_eq!((price.total, &price.priced_by.hash), (eur(total), &pin.hash));
        assert!(!price.priced_by.fallback);
    }
}

#[tokio::test]
async fn a_unit_that_pins_nothing_is_priced_by_what_is_active() {
    let fixture = Fixture::new(HookSettings::default());
    fixture.activate(with(unit("tou", "1", Behaviour::Price("1.00")), |source| source.manifest.pinned = false));
    let pin = fixture.pin(None).unwrap();
    fixture.activate(unit("tou", "2", Behaviour::Price("2.00")));
    let price = fixture.registry.price(Some(&pin), running(), about()).await.price.unwrap();
    assert_eq!(price.total, eur("2.00"));
}

#[tokio::test]
async fn a_modifier_is_asked_by_nobody_as_long_as_nobody_names_it() {
    let fixture = Fixture::new(HookSettings::default());
    fixture.activate(unit("off", "1", Behaviour::Add("-0.10")));
    assert_eq!(fixture.pin(None), None);
    let asked_for = fixture.pin(Some("off")).unwrap();
    assert!(asked_for.hash.is_empty(), "not for an authorization's sake either");
    fixture.activate(unit("tou", "1", Behaviour::Price("1.00")));
    let pin = fixture.pin(None).unwrap();
    let price = fixture.registry.price(Some(&pin), running(), about()).await.price.unwrap();
    assert_eq!((price.total, price.modified_by.len()), (eur("1.00"), 0));
    assert_eq!(
        fixture.registry.authorize(presented(), fixture::occasion(&cs_1())).await.output.verdict,
        Opinion::NoOpinion
    );
}

#[tokio::test]
async fn every_fault_falls_back_to_the_last_known_good_then_to_the_static_tariff_then_to_none() {
    let static_tariff = StaticTariff { currency: Currency::EUR, per_kwh: eur("0.50"), per_session: eur("1") };
    let cases = [
        (Behaviour::Fault(FaultClass::GuestError), FaultClass::GuestError),
        (Behaviour::Fault(FaultClass::Fuel), FaultClass::Fuel),
        (Behaviour::Fault(FaultClass::Memory), FaultClass::Memory),
        (Behaviour::Panic, FaultClass::Trap),
        (Behaviour::Price("-1.00"), FaultClass::InvalidOutput),
        (Behaviour::ManyLines, FaultClass::InvalidOutput),
    ];
    for (behaviour, class) in cases {
        for (good, tariff, fallback, total) in [
            (true, None, "last-known-good", Some("1.00")),
            (false, Some(static_tariff.clone()), "static-tariff", Some("6.00")),
            (false, None, "unpriced", None),
        ] {
            let fixture = Fixture::new(HookSettings { static_tariff: tariff, ..HookSettings::default() });
            if good {
                fixture.activate(unit("tou", "1", Behaviour::Price("1.00")));
            }
            fixture.activate(unit("tou", "2", behaviour.clone()));
            let pin = fixture.pin(None).unwrap();
            let answer = fixture.registry.price(Some(&pin), running(), about()).await;
            assert_eq!(answer.price.as_ref().map(|price| price.total), total.map(eur), "{class} {fallback}");
            assert!(answer.price.is_none_or(|price| price.priced_by.fallback));
            let decision = &answer.decisions[0];
            assert_eq!(decision.fault.as_ref().map(|fault| fault.class), Some(class));
            assert_eq!(decision.fallback.as_deref(), Some(fallback));
            assert_eq!(decision.hash, pin.hash);
        }
    }
}

#[tokio::test]
async fn a_tariff_that_does_not_price_this_is_not_asked_in_an_older_version() {
    let static_tariff = Some(StaticTariff { currency: Currency::EUR, per_kwh: eur("0.50"), per_session: eur("1") });
    let fixture = Fixture::new(HookSettings { static_tariff, ..HookSettings::default() });
    fixture.activate(unit("tou", "1", Behaviour::Price("1.00")));
    fixture.activate(unit("tou", "2", Behaviour::Fault(FaultClass::NotApplicable)));
    let pin = fixture.pin(None).unwrap();
    let answer = fixture.registry.price(Some(&pin), running(), about()).await;
    assert_eq!(answer.decisions[0].fallback.as_deref(), Some("static-tariff"));
    assert_eq!(answer.price.map(|price| (price.total, price.priced_by.fallback)), Some((eur("6.00"), true)));
}

#[tokio::test]
async fn what_is_missing_opens_no_breaker_and_is_asked_for_again() {
    for class in [FaultClass::Missing, FaultClass::NotApplicable, FaultClass::GuestError] {
        let fixture = Fixture::new(HookSettings::default());
        fixture.activate(unit("tou", "1", Behaviour::Fault(class)));
        let pin = fixture.pin(None).unwrap();
        let mut last = None;
        for _ in 0..10 {
            let answer = fixture.registry.price(Some(&pin), fixture::last(), about()).await;
            assert!(answer.price.is_none());
            last = answer.decisions[0].fault.as_ref().map(|fault| fault.class);
        }
        let expect = if class == FaultClass::GuestError { FaultClass::BreakerOpen } else { class };
        assert_eq!(last, Some(expect));
    }
}

#[tokio::test]
async fn a_pinned_version_that_is_nowhere_is_never_replaced_in_silence() {
    let fixture = Fixture::new(HookSettings::default());
    fixture.activate(unit("tou", "2", Behaviour::Price("2.00")));
    let mut pin = fixture.pin(None).unwrap();
    Arc::make_mut(&mut pin).hash = "lost".to_owned();
    let answer = fixture.registry.price(Some(&pin), running(), about()).await;
    assert!(answer.price.unwrap().priced_by.fallback);
    assert_eq!(answer.decisions[0].fault.as_ref().map(|fault| fault.class), Some(FaultClass::NotLoaded));
    assert_eq!(answer.decisions[0].fallback.as_deref(), Some("last-known-good"));
}

#[tokio::test]
async fn the_breaker_opens_after_five_faults_and_lets_a_try_through_later() {
    let fixture = Fixture::new(HookSettings::default());
    let (source, made, failing) = fixture::switched("tou", "1");
    fixture.activate((source, made));
    let pin = fixture.pin(None).unwrap();
    failing.store(true, std::sync::atomic::Ordering::SeqCst);
    let class = async || {
        let answer = fixture.registry.price(Some(&pin), last(), about()).await;
        answer.decisions[0].fault.as_ref().map(|fault| fault.class)
    };
    for _ in 0..5 {
        assert_eq!(class().await, Some(FaultClass::Trap));
    }
    assert_eq!(class().await, Some(FaultClass::BreakerOpen));
    assert!(fixture.heard("extension.breaker-opened"));
    failing.store(false, std::sync::atomic::Ordering::SeqCst);
    fixture.advance(Duration::from_secs(30));
    assert_eq!(class().await, None);
    assert_eq!(class().await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_unit_that_never_ends_takes_only_its_own_callers_time() {
    let mut settings = HookSettings::default();
    settings.selection.everywhere.pricing = Some("quick".to_owned());
    let fixture = Fixture::new(settings);
    fixture.activate(unit("quick", "1", Behaviour::Price("1.00")));
    fixture.activate(unit("slow", "1", Behaviour::UntilDeadline));
    let (slow, quick) = (fixture.pin(Some("slow")).unwrap(), fixture.pin(None).unwrap());
    assert_eq!((slow.unit.as_str(), quick.unit.as_str()), ("slow", "quick"));
    let registry = &fixture.registry;
    let (slows, quicks) = (
        futures_util::future::join_all((0..20).map(|_| registry.price(Some(&slow), last(), about()))),
        futures_util::future::join_all((0..20).map(|_| registry.price(Some(&quick), last(), about()))),
    );
    let (slows, quicks) = tokio::join!(slows, quicks);
    assert!(quicks.iter().all(|answer| answer.price.is_some()));
    for answer in slows {
        let class = answer.decisions[0].fault.as_ref().map(|fault| fault.class);
        assert!(matches!(class, Some(FaultClass::Wall | FaultClass::BreakerOpen)), "{class:?}");
    }
}

#[tokio::test]
async fn finals_are_always_written_down_and_running_prices_once_a_second() {
    let fixture = Fixture::new(HookSettings::default());
    fixture.activate(unit("tou", "1", Behaviour::Price("1.00")));
    let pin = fixture.pin(None).unwrap();
    let written = async |input| fixture.registry.price(Some(&pin), input, about()).await.decisions.len();
    assert_eq!(written(running()).await, 1);
    assert_eq!(written(running()).await, 0);
    assert_eq!(written(last()).await, 1);
    assert_eq!(written(last()).await, 1);
    fixture.advance(Duration::from_secs(2));
    assert_eq!(written(running()).await, 1);
}

#[tokio::test]
async fn units_get_their_own_parameters() {
    let fixture = Fixture::new(HookSettings::default());
    let source = with(unit("tou", "1", Behaviour::PriceOfParameter), |source| {
        source.parameters.insert("rate".to_owned(), "3.00".into());
    });
    fixture.activate(source);
    let pin = fixture.pin(None).unwrap();
    let answer = fixture.registry.price(Some(&pin), last(), about()).await;
    assert_eq!(answer.price.unwrap().total, eur("3.00"));
    assert_eq!(answer.decisions[0].input.value()["parameters"]["rate"], "3.00");
}

#[tokio::test]
async fn a_policy_that_cannot_be_asked_rejects_unless_it_declares_otherwise() {
    let broken = || unit("policy", "1", Behaviour::Panic);
    let lenient = with(broken(), |source| source.manifest.on_error = amprule_hooks::manifest::OnError::NoOpinion);
    let strict = Fixture::new(HookSettings::default());
    strict.activate(broken());
    let relaxed = Fixture::new(HookSettings::default());
    relaxed.activate(lenient);
    let named = Parts { authorization: Some(vec!["not-there".to_owned()]), ..Parts::default() };
    let missing = Fixture::selecting(named);
    for (fixture, verdict, class, fallback) in [
        (strict, Opinion::Reject, FaultClass::Trap, "reject"),
        (relaxed, Opinion::NoOpinion, FaultClass::Trap, "no-opinion"),
        (missing, Opinion::Reject, FaultClass::NotLoaded, "reject"),
    ] {
        let answer = fixture.registry.authorize(presented(), fixture::occasion(&cs_1())).await;
        assert_eq!(answer.output.verdict, verdict);
        assert_eq!(answer.output.message.is_some(), verdict == Opinion::Reject);
        assert_eq!(answer.decisions[0].fault.as_ref().map(|fault| fault.class), Some(class));
        assert_eq!(answer.decisions[0].fallback.as_deref(), Some(fallback));
    }
}

#[tokio::test]
async fn tokens_and_secret_parameters_stand_masked_in_the_decision_log() {
    let policy = || {
        with(unit("policy", "1", Behaviour::Say(AuthorizationOutput::no_opinion())), |source| {
            let secret = |secret| Parameter {
                kind: ParameterKind::List,
                default: None,
                description: String::new(),
                min: None,
                max: None,
                secret,
            };
            source.manifest.parameters.insert("blocked".to_owned(), secret(true));
            source.manifest.parameters.insert("zones".to_owned(), secret(false));
            source.parameters.insert("blocked".to_owned(), json!(["04a1b2c3d4", "other"]));
            source.parameters.insert("zones".to_owned(), json!(["a"]));
        })
    };
    let hash = |text: &str| format!("{:0<16}", text.to_lowercase());
    for (tokens, token) in [(true, "masked:04a1b2c3d4000000"), (false, "04A1B2C3D4")] {
        let fixture = Fixture::new(HookSettings::default());
        fixture.registry.mask_with(Mask { tokens, hash: Box::new(hash) });
        fixture.activate(policy());
        let answer = fixture.registry.authorize(presented(), fixture::occasion(&cs_1())).await;
        let input = answer.decisions[0].input.value();
        assert_eq!(input["token"]["idToken"], token);
        let parameters = json!({ "blocked": ["masked:04a1b2c3d4000000", "masked:other00000000000"], "zones": ["a"] });
        assert_eq!(input["parameters"], parameters, "a token in a secret list has the mask of the token");
        assert_eq!(fixture.registry.unit("policy").unwrap().parameters[0].value, "(secret)");
    }
}

#[test]
fn scripts_come_before_plugins_and_a_selection_before_both() {
    let cases = [(None, "b-script"), (Some("a-plugin"), "a-plugin")];
    for (pricing, first) in cases {
        let fixture = Fixture::selecting(Parts { pricing: pricing.map(str::to_owned), ..Parts::default() });
        let plugin = with(unit("a-plugin", "1", Behaviour::Price("1.00")), |source| source.kind = Kind::Wasm);
        fixture.registry.apply(vec![
            fixture.change(plugin),
            fixture.change(unit("c-script", "1", Behaviour::Price("1.00"))),
            fixture.change(unit("b-script", "1", Behaviour::Price("1.00"))),
        ]);
        assert_eq!(fixture.registry.generation(), 1, "all at once");
        assert_eq!(fixture.pin(None).unwrap().unit, first);
        assert_eq!(fixture.pin(Some("c-script")).unwrap().unit, "c-script");
        assert_eq!(fixture.pin(Some("unknown")).unwrap().unit, "unknown", "it is missed, and not replaced");
        let states: Vec<_> = fixture.registry.units().iter().map(|view| (view.id.clone(), view.state)).collect();
        let active = states.iter().filter(|(_, state)| *state == UnitState::Active);
        assert_eq!(active.map(|(id, _)| id.as_str()).collect::<Vec<_>>(), [first]);
    }
}

#[tokio::test]
async fn the_view_tells_how_calls_went() {
    let fixture = Fixture::new(HookSettings::default());
    fixture.activate(unit("tou", "1", Behaviour::Price("1.00")));
    let first = fixture.pin(None).unwrap();
    fixture.activate(unit("tou", "2", Behaviour::Fault(FaultClass::Fuel)));
    let pin = fixture.pin(None).unwrap();
    fixture.registry.price(Some(&pin), running(), about()).await;
    let view = serde_json::to_value(fixture.registry.unit("tou").unwrap()).unwrap();
    let call = &view["calls"][0];
    assert_eq!(view["version"], "2");
    assert_eq!(view["generation"], 2);
    assert_eq!((call["hook"].as_str(), call["calls"].as_u64()), (Some(Hook::Pricing.as_str()), Some(1)));
    assert_eq!(call["faults"]["fuel"], 1);
    assert_eq!((call["fuel"]["used"].as_u64(), call["fuel"]["limit"].as_u64()), (Some(7), Some(5_000_000)));
    assert_eq!(call["breaker"], "closed");
    assert_eq!(view["versions"][1]["hash"], first.hash);
}

#[tokio::test]
async fn an_answer_that_is_taken_over_is_no_call() {
    let fixture = Fixture::new(HookSettings::default());
    let none = AuthorizationOutput::no_opinion();
    fixture.activate(unit("policy", "1", Behaviour::SayOf(Facts::NONE, none)));
    let visit = async || {
        for (purpose, evse) in [(Purpose::Authorize, 0), (Purpose::Start, 1)] {
            let mut input = AuthorizationInput { purpose, ..presented() };
            input.station.evse = evse;
            fixture.registry.authorize(input, fixture::occasion(&cs_1())).await;
        }
    };
    for _ in 0..19 {
        visit().await;
    }
    fixture.advance(Duration::from_secs(600));
    assert_eq!(fixture.registry.unit("policy").unwrap().calls[0].calls, 19);
    visit().await;
    assert_eq!(stages(&fixture, "policy")[0].1, Stage::Stable, "twenty calls");
}

#[test]
fn versions_leave_memory_when_nobody_needs_them() {
    let fixture = Fixture::new(HookSettings::default());
    let pins: Vec<_> = ["1", "2", "3", "4"]
        .into_iter()
        .map(|version| {
            fixture.activate(unit("tou", version, Behaviour::Price("1.00")));
            fixture.pin(None).unwrap().hash.clone()
        })
        .collect();
    let hour = Duration::from_secs(3600);
    let pinned = std::iter::once(pins[0].clone()).collect();
    assert_eq!(fixture.registry.retire(&pinned, hour), 0);
    fixture.advance(hour * 2);
    assert_eq!(fixture.registry.retire(&pinned, hour), 1, "active, previous and pinned ones stay");
    assert!(fixture.registry.loaded(&pins[1]).is_none());
}

#[tokio::test]
async fn a_version_that_fails_on_probation_makes_room_for_the_one_before_and_is_quarantined() {
    let fixture = Fixture::new(HookSettings::default());
    let kept = Arc::new(parking_lot::Mutex::new(Vec::new()));
    let book = Arc::clone(&kept);
    let writer = move |entries: &amprule_hooks::quarantine::Entries| *book.lock() = entries.keys().cloned().collect();
    fixture.registry.open_quarantine(Default::default(), Box::new(writer));
    fixture.activate(unit("tou", "1", Behaviour::Price("1.00")));
    let good = fixture.pin(None).unwrap();
    fixture.registry.price(Some(&good), running(), about()).await;
    fixture.activate(unit("tou", "2", Behaviour::Fault(FaultClass::Trap)));
    let bad = fixture.pin(None).unwrap();
    for call in 1..=3 {
        assert!(!fixture.heard("extension.rolled-back"), "before call {call}");
        let price = fixture.registry.price(Some(&bad), running(), about()).await.price.unwrap();
        assert!(price.priced_by.fallback && price.total == eur("1.00"), "no session is without a price meanwhile");
    }
    assert!(fixture.heard("extension.rolled-back"));
    assert_eq!(fixture.pin(None).unwrap().hash, good.hash);
    fixture.registry.write_quarantine();
    assert_eq!(kept.lock().as_slice(), std::slice::from_ref(&bad.hash), "it is written down");
    let stages = stages(&fixture, "tou");
    assert_eq!(stages, [(good.hash.clone(), Stage::Probation), (bad.hash.clone(), Stage::Quarantined)]);
    assert!(fixture.registry.quarantined(&bad.hash).unwrap().reason.contains("trap"));
    assert!(fixture.registry.lift_quarantine(&bad.hash) && !fixture.registry.lift_quarantine(&bad.hash));
}

#[tokio::test]
async fn a_slow_disk_holds_up_no_station_and_the_quarantine_is_written_all_the_same() {
    let fixture = Fixture::new(HookSettings::default());
    let written = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let (disk, hangs) = std::sync::mpsc::channel::<()>();
    let (book, hangs) = (Arc::clone(&written), parking_lot::Mutex::new(hangs));
    let writer = move |entries: &amprule_hooks::quarantine::Entries| {
        hangs.lock().recv().ok();
        book.store(entries.len(), std::sync::atomic::Ordering::SeqCst);
    };
    fixture.registry.open_quarantine(Default::default(), Box::new(writer));
    fixture.activate(unit("tou", "1", Behaviour::Price("1.00")));
    fixture.activate(unit("tou", "2", Behaviour::Fault(FaultClass::Trap)));
    let bad = fixture.pin(None).unwrap();
    for _ in 0..3 {
        fixture.registry.price(Some(&bad), running(), about()).await;
    }
    assert!(fixture.heard("extension.rolled-back"));
    assert_eq!(written.load(std::sync::atomic::Ordering::SeqCst), 0);
    drop(disk);
    fixture.registry.write_quarantine();
    assert_eq!(written.load(std::sync::atomic::Ordering::SeqCst), 1);
}

#[test]
fn a_swap_that_expects_another_version_does_nothing() {
    let fixture = Fixture::new(HookSettings::default());
    let [first, second, third] = ["1", "2", "3"].map(|n| fixture.version(unit("tou", n, Behaviour::Price("1.00"))));
    let replace = |expected: &str, version| fixture.registry.replace(expected, version, "tou");
    assert_eq!(replace(&first.hash, Arc::clone(&second)), Err(Unchanged::Overtaken), "nothing is active");
    fixture.activate(unit("tou", "1", Behaviour::Price("1.00")));
    assert_eq!(replace(&first.hash, Arc::clone(&second)), Ok(()));
    let generation = fixture.registry.generation();
    // Whoever saw the first one active is too late.
    assert_eq!(replace(&first.hash, third), Err(Unchanged::Overtaken));
    assert_eq!(fixture.registry.active("tou").unwrap().hash, second.hash);
    assert_eq!(fixture.registry.generation(), generation);
}

#[tokio::test]
async fn a_version_that_is_quarantined_meanwhile_does_not_become_active() {
    let fixture = Fixture::new(HookSettings::default());
    fixture.activate(unit("tou", "1", Behaviour::Price("1.00")));
    fixture.activate(unit("tou", "2", Behaviour::Fault(FaultClass::Trap)));
    let (bad, late) = (fixture.pin(None).unwrap(), fixture.registry.active("tou").unwrap());
    for _ in 0..3 {
        fixture.registry.price(Some(&bad), running(), about()).await;
    }
    fixture.registry.apply(vec![Change::Activate { version: Arc::clone(&late), path: "moved".to_owned() }]);
    let active = fixture.registry.active("tou").unwrap();
    assert_eq!(fixture.registry.replace(&active.hash, Arc::clone(&late), "tou"), Err(Unchanged::KeptOut));
    assert_ne!(fixture.pin(None).unwrap().hash, bad.hash);
    fixture.registry.lift_quarantine(&bad.hash);
    fixture.registry.apply(vec![Change::Activate { version: late, path: "moved".to_owned() }]);
    assert_eq!(fixture.pin(None).unwrap().hash, bad.hash, "an operator may let it in");
}

#[tokio::test]
async fn a_version_is_stable_after_its_probation_and_then_only_the_breaker_judges_it() {
    let fixture = Fixture::new(HookSettings::default());
    let (source, fake, failing) = fixture::switched("tou", "1");
    fixture.activate((source, fake));
    let pin = fixture.pin(None).unwrap();
    for _ in 0..20 {
        fixture.registry.price(Some(&pin), running(), about()).await;
    }
    assert_eq!(stages(&fixture, "tou")[0].1, Stage::Probation);
    fixture.advance(Duration::from_secs(600));
    fixture.registry.price(Some(&pin), running(), about()).await;
    assert_eq!(stages(&fixture, "tou")[0].1, Stage::Stable);
    assert!(fixture.heard("extension.stable"));

    failing.store(true, std::sync::atomic::Ordering::SeqCst);
    for _ in 0..10 {
        fixture.registry.price(Some(&pin), running(), about()).await;
    }
    assert!(fixture.heard("extension.breaker-opened") && !fixture.heard("extension.rolled-back"));
    failing.store(false, std::sync::atomic::Ordering::SeqCst);
    fixture.advance(Duration::from_secs(30));
    fixture.registry.price(Some(&pin), running(), about()).await;
    assert!(fixture.heard("extension.breaker-closed"), "one call tried, and the others may again");
}

fn stages(fixture: &Fixture, id: &str) -> Vec<(String, Stage)> {
    let versions = fixture.registry.unit(id).expect("the unit").versions;
    versions.into_iter().map(|version| (version.hash, version.stage)).collect()
}
