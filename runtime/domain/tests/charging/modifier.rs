//! A modifier's answer on a bill: lines in, a price or a complaint out.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

use std::sync::Arc;

use amprule_domain::modifier::{ModifierInput, ModifierOutput};
use amprule_domain::pricing::{Parameters, Price, PricedBy};
use serde_json::json;

fn by(unit: &str) -> Arc<PricedBy> {
    Arc::new(PricedBy { unit: unit.to_owned(), version: "1".to_owned(), hash: String::new(), fallback: false })
}

/// The amounts of a bill so far, and the price that they make.
fn bill(currency: &str, amounts: &[&str]) -> (ModifierInput, Price) {
    let input = json!({
        "now": "2026-07-01T11:00:00Z", "isFinal": true, "token": null, "periods": [],
        "session": {
            "id": "s", "startedAt": "2026-07-01T10:00:00Z", "endedAt": "2026-07-01T11:00:00Z", "energyWh": 10500.5,
            "durationS": 3600, "timeZone": "UTC"
        },
        "station": {"id": "cs-1", "location": null, "vendor": "", "model": "", "evse": 1, "connector": 1},
        "currency": currency, "lines": lines(amounts)
    });
    let input: ModifierInput = serde_json::from_value(input).unwrap();
    let price = input.price(by("tariff")).unwrap();
    (input, price)
}

fn lines(amounts: &[&str]) -> serde_json::Value {
    amounts.iter().map(|amount| json!({"code": "x", "description": "X", "amount": amount})).collect()
}

fn output(amounts: &[&str], next: Option<&str>) -> ModifierOutput {
    serde_json::from_value(json!({"lines": lines(amounts), "nextChangeAt": next})).unwrap()
}

#[test]
fn further_lines_are_rounded_and_added_up() {
    for (currency, before, added, expect) in [
        ("EUR", &["4.90"][..], &["0.495"][..], "5.40"),
        ("EUR", &["4.90"], &["-4.90"], "0.00"),
        ("EUR", &["4.90"], &["-0.005", "0.005"], "4.90"),
        ("JPY", &["490"], &["24.5"], "515"),
        ("EUR", &[], &[], "0.00"),
        ("EUR", &[], &["1"], "1.00"),
        ("EUR", &["4.90"], &["-4.91"], "the lines add up to -0.01 EUR; a total must not be negative"),
        ("EUR", &["4.90"], &["1", "9000000000"], "line 1: amount is beyond 1,000,000,000"),
        ("EUR", &["0.01"; 60], &["0.01"; 5], "5 lines behind 60 others; at most 64 are accepted"),
    ] {
        let (input, price) = bill(currency, before);
        let told = match output(added, None).apply(&input.facts, &price, by("off")) {
            Ok(price) => price.total.to_string(),
            Err(why) => why,
        };
        assert_eq!(told, expect, "{before:?} and {added:?}");
    }
}

#[test]
fn a_bill_names_who_added_to_it_and_the_earliest_change_counts() {
    let (input, mut price) = bill("EUR", &["4.90"]);
    price.next_change_at = Some("2026-07-01T12:00:00Z".parse().unwrap());
    let earlier = output(&["-0.10"], Some("2026-07-01T11:30:00Z")).apply(&input.facts, &price, by("off")).unwrap();
    let later = output(&["1"], Some("2026-07-01T13:00:00Z")).apply(&input.facts, &earlier, by("fee")).unwrap();
    let silent = output(&[], None).apply(&input.facts, &later, by("silent")).unwrap();
    let names: Vec<&str> = silent.modified_by.iter().map(|by| by.unit.as_str()).collect();
    assert_eq!((names, silent.priced_by.unit.as_str()), (vec!["off", "fee"], "tariff"));
    assert_eq!(silent.next_change_at, Some("2026-07-01T11:30:00Z".parse().unwrap()));
}

#[test]
fn the_next_modifier_sees_what_stands_with_its_own_parameters() {
    let (input, price) = bill("EUR", &["4.90"]);
    let price = output(&["0.495"], None).apply(&input.facts, &price, by("fee")).unwrap();
    let parameters = Parameters::from(json!({"percent": "10"}).as_object().unwrap().clone());
    let next = ModifierInput::of(&input.facts, &price, parameters.clone());
    let amounts: Vec<String> = next.lines.iter().map(|line| line.amount.to_string()).collect();
    assert_eq!(amounts, ["4.90", "0.50"]);
    assert_eq!(next.facts.parameters, parameters);
    let read: ModifierInput = serde_json::from_value(serde_json::to_value(&next).unwrap()).unwrap();
    assert_eq!(read, next);
}
