//! Which units are asked on which occasion, and how the answers of policies become one. Cases are data.

use std::sync::Arc;

use crate::fixture::{self, Behaviour, Fixture, cs_1, last, occasion, presented, unit};
use amprule_domain::authorization::{AuthorizationOutput, Limits, Opinion};
use amprule_domain::decision::Hook;
use amprule_domain::ports::Hooks as _;
use amprule_domain::{Currency, Decimal, Energy, Occasion, StationId};
use amprule_hooks::selection::{Combine, Parts, Rules, Selection};
use amprule_hooks::{Change, HookSettings, StaticTariff};
use serde::Deserialize;
use serde_json::{Value, json};

/// Rules with one condition each, in the order of their names; the tariff has the rule's name.
fn rules() -> Selection {
    let rules = [
        ("friday-night", json!({"weekdays": ["fri"], "from": "22:00", "until": "06:00"})),
        ("fleet-at-depot", json!({"token_groups": ["fleet-*"], "groups": ["depot"]})),
        ("fleet", json!({"token_groups": ["fleet-*"]})),
        ("one-station", json!({"stations": ["cs-7", "CS-8*"]})),
        ("airport", json!({"locations": ["Airport *"]})),
        ("any-group", json!({"groups": ["*"]})),
        ("morning", json!({"until": "06:00"})),
        ("weekend", json!({"weekdays": ["sat", "sun"]})),
        ("evening", json!({"from": "18:00", "until": "24:00"})),
    ];
    selection(rules.into_iter().map(|(name, mut rule)| {
        rule["name"] = name.into();
        rule["pricing"] = name.into();
        rule
    }))
}

fn selection(rules: impl IntoIterator<Item = Value>) -> Selection {
    let rules = Rules::deserialize(Value::from_iter(rules)).expect("good rules");
    Selection { everywhere: Parts { pricing: Some("everywhere".to_owned()), ..Parts::default() }, rules }
}

#[test]
fn the_first_rule_that_covers_an_occasion_decides() {
    const WED: u8 = 3;
    // station, its group, its location, the token's group, weekday, time
    let cases = [
        ("cs-1", None, None, None, WED, "12:00", "everywhere"),
        ("cs-7", None, None, None, WED, "12:00", "one-station"),
        ("CS-7", None, None, None, WED, "12:00", "one-station"),
        ("cs-81", None, None, None, WED, "12:00", "one-station"),
        ("cs-77", None, None, None, WED, "12:00", "everywhere"),
        ("cs-1", Some("yard"), None, None, WED, "12:00", "any-group"),
        ("cs-1", Some("depot"), None, Some("fleet-a"), WED, "12:00", "fleet-at-depot"),
        ("cs-1", Some("yard"), None, Some("fleet-a"), WED, "12:00", "fleet"),
        ("cs-1", None, None, Some("fleet"), WED, "12:00", "everywhere"),
        ("cs-1", None, Some("airport p3"), None, WED, "12:00", "airport"),
        ("cs-1", None, Some("Airport"), None, WED, "12:00", "everywhere"),
        ("cs-1", None, None, None, WED, "05:59", "morning"),
        ("cs-1", None, None, None, WED, "06:00", "everywhere"),
        ("cs-1", None, None, None, WED, "17:59", "everywhere"),
        ("cs-1", None, None, None, WED, "18:00", "evening"),
        ("cs-1", None, None, None, WED, "23:59", "evening"),
        ("cs-1", None, None, None, 5, "21:59", "evening"),
        ("cs-1", None, None, None, 5, "22:00", "friday-night"),
        ("cs-1", None, None, None, 6, "05:59", "friday-night"),
        ("cs-1", None, None, None, 6, "06:00", "weekend"),
        ("cs-1", None, None, None, 6, "22:00", "weekend"),
        ("cs-1", None, None, None, 5, "05:59", "morning"),
        ("cs-1", None, None, None, 1, "05:59", "morning"),
        ("cs-7", Some("depot"), Some("Airport P3"), Some("fleet-a"), 6, "00:00", "friday-night"),
    ];
    let fixture = Fixture::new(HookSettings { selection: rules(), ..Default::default() });
    for (station, group, location, token_group, weekday, time, expect) in cases {
        let station = StationId::from(station);
        let minute_of_day = time.parse::<amprule_hooks::selection::TimeOfDay>().unwrap().minute();
        let at = Occasion { station: &station, group, location, token_group, weekday, minute_of_day };
        assert_eq!(fixture.registry.pin(&at, None).unwrap().unit, expect, "{at:?}");
    }
}

#[test]
fn a_rule_decides_only_the_parts_that_it_names() {
    let rules = [
        json!({"name": "strict", "combine": "all-accept"}),
        json!({"name": "tariff", "pricing": "one"}),
        json!({"name": "never", "pricing": "two"}),
    ];
    let fixture = Fixture::new(HookSettings { selection: selection(rules), ..Default::default() });
    assert_eq!(fixture.pin(None).unwrap().unit, "one");
}

#[tokio::test]
async fn a_tariff_that_is_named_and_not_there_never_becomes_another_in_silence() {
    let rules = [json!({"name": "tariff", "pricing": "later"})];
    let fixture = Fixture::new(HookSettings { selection: selection(rules), ..Default::default() });
    fixture.activate(unit("everywhere", "1", Behaviour::Price("1.00")));
    let pin = fixture.pin(None).unwrap();
    assert_eq!((pin.unit.as_str(), pin.hash.as_str()), ("later", ""));
    let answer = fixture.registry.price(Some(&pin), last(), fixture::about()).await;
    assert!(answer.price.is_none(), "the tariff of everywhere is not asked");
    assert_eq!(answer.decisions[0].fallback.as_deref(), Some("unpriced"));

    fixture.activate(unit("later", "1", Behaviour::Price("2.00")));
    assert_eq!(fixture.pin(None).unwrap().hash, "later-1");
    let late = fixture.registry.price(Some(&pin), last(), fixture::about()).await;
    assert!(late.price.unwrap().priced_by.fallback, "a session that began without it says so");
}

#[tokio::test]
async fn a_tariff_that_a_policy_names_and_that_is_not_there_never_becomes_the_usual_one_in_silence() {
    for modifiers in [None, Some(vec!["up".to_owned()])] {
        for named in ["later", "up"] {
            let everywhere = Parts { modifiers: modifiers.clone(), ..Parts::default() };
            let fixture = Fixture::selecting(everywhere);
            fixture.activate(unit("usual", "1", Behaviour::Price("1.00")));
            fixture.activate(unit("up", "1", Behaviour::Add("0.50")));
            let pin = fixture.pin(Some(named)).unwrap();
            assert_eq!((pin.unit.as_str(), pin.hash.as_str()), (named, ""), "{modifiers:?}");
            assert!(fixture.registry.may_price(Some(&pin)));
            let answer = fixture.registry.price(Some(&pin), last(), fixture::about()).await;
            assert!(answer.price.is_none(), "the usual tariff is not asked: {named} {modifiers:?}");
            assert_eq!(answer.decisions[0].fallback.as_deref(), Some("unpriced"));

            fixture.activate(unit("later", "1", Behaviour::Price("2.00")));
            let late = fixture.registry.price(Some(&pin), last(), fixture::about()).await.price;
            assert!(late.is_none_or(|price| price.is_doubtful()), "a session that began without it says so");
        }
    }
}

#[tokio::test]
async fn other_rules_are_another_generation_and_sessions_keep_what_they_began_with() {
    let fixture = Fixture::selecting(Parts { pricing: Some("one".to_owned()), ..Parts::default() });
    fixture.activate(unit("one", "1", Behaviour::Price("1.00")));
    fixture.activate(unit("two", "1", Behaviour::Price("2.00")));
    let before = fixture.pin(None).unwrap();
    let rules = selection([json!({"name": "two", "pricing": "two"})]);
    assert_eq!(fixture.registry.apply(vec![Change::Select(Arc::new(rules))]), 3);
    assert!(fixture.heard("chains.changed"));
    assert_eq!(fixture.pin(None).unwrap().unit, "two");
    let price = fixture.registry.price(Some(&before), last(), fixture::about()).await.price.unwrap();
    assert_eq!((price.priced_by.unit.as_str(), price.priced_by.fallback), ("one", false));
}

/// Which modifiers are named, the total of 1.00 with them, and those that are left out.
#[tokio::test]
async fn modifiers_follow_the_tariff_in_their_order_and_one_that_fails_is_left_out() {
    let cases: [(&[&str], &str, &[&str]); 6] = [
        (&[], "1.00", &[]),
        (&["off", "up"], "1.20", &[]),
        (&["broken"], "1.00", &["broken"]),
        (&["not-there", "up"], "1.50", &["not-there"]),
        (&["too-much", "off"], "0.70", &["too-much"]),
        (&["tariff"], "1.00", &["tariff"]),
    ];
    for (modifiers, total, left_out) in cases {
        let fixture = Fixture::selecting(Parts {
            pricing: Some("tariff".to_owned()),
            modifiers: Some(modifiers.iter().map(|id| (*id).to_owned()).collect()),
            ..Parts::default()
        });
        fixture.activate(unit("tariff", "1", Behaviour::Price("1.00")));
        for (id, amount) in [("off", "-0.30"), ("up", "0.50"), ("too-much", "-1.01")] {
            fixture.activate(unit(id, "1", Behaviour::Add(amount)));
        }
        fixture.activate(modifier("broken", "1", Behaviour::Panic));
        let pin = fixture.pin(None).unwrap();
        assert_eq!(pin.modifiers.iter().map(|unit| unit.unit.as_str()).collect::<Vec<_>>(), modifiers);
        let answer = fixture.registry.price(Some(&pin), last(), fixture::about()).await;
        let price = answer.price.unwrap();
        assert_eq!((price.total.to_string().as_str(), price.left_out.as_slice()), (total, &owned(left_out)[..]));
        assert_eq!(price.is_doubtful(), !left_out.is_empty());
        assert_eq!(answer.decisions.len(), 1 + modifiers.len(), "every answer is in the books");
        let words: Vec<_> = answer.decisions.iter().filter_map(|decision| decision.fallback.as_deref()).collect();
        assert_eq!(words, vec!["left-out"; left_out.len()], "{modifiers:?}");
    }
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// A unit that is asked as a modifier, whatever it does.
fn modifier(id: &str, version: &str, behaviour: Behaviour) -> fixture::Made {
    fixture::with(unit(id, version, behaviour), |source| source.manifest.hooks = vec![Hook::Modifier])
}

#[tokio::test]
async fn a_modifier_that_is_not_there_leaves_no_parameters_of_the_tariff_in_the_books() {
    let everywhere = Parts { modifiers: Some(vec!["not-there".to_owned()]), ..Parts::default() };
    let fixture = Fixture::selecting(everywhere);
    let tariff = unit("tariff", "1", Behaviour::Price("1.00"));
    fixture.activate(fixture::with(tariff, |source| drop(source.parameters.insert("key".into(), "s3cret".into()))));
    let pin = fixture.pin(None).unwrap();
    let answer = fixture.registry.price(Some(&pin), last(), fixture::about()).await;
    let missing = &answer.decisions[1];
    let input = missing.input.value();
    let told = (missing.unit.as_str(), &input["parameters"], &input["currency"]);
    assert_eq!(told, ("not-there", &json!({}), &json!("EUR")));
}

#[tokio::test]
async fn the_last_good_version_of_a_modifier_stands_in_and_the_price_says_so() {
    let everywhere = Parts { modifiers: Some(vec!["off".to_owned()]), ..Parts::default() };
    let fixture = Fixture::selecting(everywhere);
    fixture.activate(unit("tariff", "1", Behaviour::Price("1.00")));
    fixture.activate(unit("off", "1", Behaviour::Add("-0.30")));
    let first = fixture.pin(None).unwrap();
    fixture.registry.price(Some(&first), last(), fixture::about()).await;
    fixture.activate(modifier("off", "2", Behaviour::Panic));
    let pin = fixture.pin(None).unwrap();
    assert_eq!(pin.modifiers[0].hash, "off-2");
    let answer = fixture.registry.price(Some(&pin), last(), fixture::about()).await;
    let price = answer.price.unwrap();
    assert_eq!((price.total.to_string().as_str(), price.modified_by[0].fallback), ("0.70", true));
    assert!(price.is_doubtful() && price.left_out.is_empty());
    assert_eq!(answer.decisions[1].fallback.as_deref(), Some("last-known-good"));
}

#[tokio::test]
async fn modifiers_follow_the_static_tariff_too_and_a_pin_has_the_boundaries_of_all() {
    let everywhere = Parts { modifiers: Some(vec!["up".to_owned()]), ..Parts::default() };
    let per_kwh = "0.10".parse().expect("a decimal");
    let static_tariff = StaticTariff { currency: Currency::EUR, per_kwh, per_session: Decimal::ZERO };
    let selection = Selection { everywhere, ..Selection::default() };
    let fixture =
        Fixture::new(HookSettings { selection, static_tariff: Some(static_tariff), ..HookSettings::default() });
    let with_clock = |made, clock: [u16; 2]| fixture::with(made, |source| source.manifest.boundaries = clock.to_vec());
    fixture.activate(with_clock(unit("up", "1", Behaviour::Add("0.50")), [360, 1_320]));
    let pin = fixture.pin(None).unwrap();
    assert!(pin.is_static_tariff() && fixture.registry.may_price(Some(&pin)));
    let price = fixture.registry.price(Some(&pin), last(), fixture::about()).await.price.unwrap();
    assert_eq!(price.total.to_string(), "1.50");

    fixture.activate(with_clock(unit("tariff", "1", Behaviour::Price("1.00")), [360, 480]));
    assert_eq!(fixture.pin(None).unwrap().boundaries, [360, 480, 1_320]);
}

/// The verdict, the smallest limit, and how many policies were asked.
type Expected = (Opinion, Option<i64>, usize);

/// What each policy says, and what comes of it.
#[tokio::test]
async fn answers_are_combined_as_the_operator_says() {
    use Opinion::{Accept, NoOpinion, Reject};
    const ALL: [Combine; 3] = [Combine::DenyOverrides, Combine::FirstDecisive, Combine::AllAccept];
    let cases: [(&str, [Expected; 3]); 10] = [
        ("", [(NoOpinion, None, 0); 3]),
        ("a", [(Accept, None, 1); 3]),
        ("r", [(Reject, None, 1); 3]),
        ("n", [(NoOpinion, None, 1), (NoOpinion, None, 1), (Reject, None, 1)]),
        ("n a", [(Accept, None, 2), (Accept, None, 2), (Reject, None, 1)]),
        ("a n", [(Accept, None, 2), (Accept, None, 1), (Reject, None, 2)]),
        ("a r n", [(Reject, None, 2), (Accept, None, 1), (Reject, None, 2)]),
        ("a20 a10", [(Accept, Some(10), 2), (Accept, Some(20), 1), (Accept, Some(10), 2)]),
        ("n5 a20 a10", [(Accept, Some(5), 3), (Accept, Some(5), 2), (Reject, None, 1)]),
        ("f a", [(Reject, None, 1); 3]),
    ];
    for (policies, expect) in cases {
        for (how, (verdict, limit, asked)) in ALL.into_iter().zip(expect) {
            let ids: Vec<_> = (0..policies.split_whitespace().count()).map(|at| format!("policy-{at}")).collect();
            let parts = Parts { authorization: Some(ids.clone()), combine: Some(how), ..Parts::default() };
            let fixture = Fixture::selecting(parts);
            for (id, word) in ids.iter().zip(policies.split_whitespace()).filter(|(_, word)| *word != "f") {
                fixture.activate(unit(id, "1", Behaviour::Say(opinion(word))));
            }
            let answer = fixture.registry.authorize(presented(), occasion(&cs_1())).await;
            let what = format!("{policies:?} {}", how.as_str());
            assert_eq!(answer.output.verdict, verdict, "{what}");
            assert_eq!(answer.output.limits.max_energy, limit.map(Energy::from_wh), "{what}");
            assert_eq!(answer.decisions.len(), asked, "{what}");
            assert_eq!(answer.output.cache_s.map(i64::from), limit, "{what}");
            let first =
                limit.and_then(|_| policies.split_whitespace().next()).map(|word| format!("tariff-{}", &word[1..]));
            assert_eq!(answer.output.tariff, first, "{what}");
        }
    }
}

/// `a20` accepts 20 Wh, is remembered for 20 s and wants `tariff-20`; `n` has no opinion.
fn opinion(word: &str) -> AuthorizationOutput {
    let verdict = match &word[..1] {
        "a" => Opinion::Accept,
        "r" => Opinion::Reject,
        _ => Opinion::NoOpinion,
    };
    let number: Option<u32> = word[1..].parse().ok();
    let limits = Limits { max_energy: number.map(|wh| Energy::from_wh(wh.into())), ..Limits::default() };
    let tariff = number.map(|number| format!("tariff-{number}"));
    AuthorizationOutput { verdict, limits, cache_s: number, tariff, ..AuthorizationOutput::no_opinion() }
}

#[test]
fn a_rule_that_cannot_be_meant_is_refused_with_its_reason() {
    let cases = [
        (json!([{"pricing": "a"}]), "missing field `name`"),
        (json!([{"name": "x"}]), "the rule \"x\" names none of"),
        (json!([{"name": "x", "pricing": "A B"}]), "\"A B\" is not the id of a unit"),
        (json!([{"name": "x", "authorization": vec!["a"; 17]}]), "at most 16"),
        (json!([{"name": "x", "pricing": "a", "stations": []}]), "stations is empty"),
        (json!([{"name": "x", "pricing": "a", "groups": vec!["a"; 257]}]), "at most 256"),
        (json!([{"name": "x", "pricing": "a", "weekdays": ["monday"]}]), "unknown variant `monday`"),
        (json!([{"name": "x", "pricing": "a", "from": "7:00"}]), "\"7:00\" is not a time of day"),
        (json!([{"name": "x", "pricing": "a", "until": "24:01"}]), "at most \"24:00\""),
        (json!([{"name": "x", "pricing": "a", "from": "24:00"}]), "write \"00:00\""),
        (json!([{"name": "x", "pricing": "a", "from": "07:00", "until": "07:00"}]), "leave both out"),
        (json!([{"name": "x", "combine": "any"}]), "unknown variant `any`"),
        (json!([{"name": "x", "pricing": "a"}, {"name": "x", "pricing": "b"}]), "two rules have the name \"x\""),
    ];
    for (rules, why) in cases {
        let refusal = Rules::deserialize(&rules).unwrap_err().to_string();
        assert!(refusal.contains(why), "{rules}: {refusal}");
    }
}
