//! What offers may say.

use serde_json::{Value, json};

use super::offer;

fn check(of: Value, expect: &str) {
    assert_eq!(offer(of.clone()).validate().expect_err(&of.to_string()), expect);
}

#[test]
fn what_is_no_offer_is_refused_with_its_reason() {
    check(json!({"currency": "XYZ"}), "XYZ is no currency of ISO 4217");
    let energy = json!({"component": "energy", "price": "1"});
    check(json!({"elements": vec![energy; 65]}), "65 elements; at most 64 are accepted");
    check(json!({"minimum": "3", "cap": "2"}), "the minimum of 3 is above the cap of 2");
    check(json!({"cap": "-1"}), "cap -1; 0 to 1000000 with at most 6 decimals are accepted");
    check(json!({"texts": {"d": "x"}}), "\"d\" is no language: a tag as in BCP 47, de or fr-CH for instance");
    check(json!({"texts": {"de": "x".repeat(1_025)}}), "the text in de has 1025 bytes; 1 to 1024 are accepted");
}

#[test]
fn what_is_no_price_is_refused_with_its_reason() {
    let check = |element: Value, expect: &str| check(json!({"elements": [element]}), &format!("element 0: {expect}"));
    let of = |component: &str, more: Value| {
        let mut element = json!({"component": component, "price": "1"});
        element.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        element
    };
    check(of("adjustment", json!({})), "an adjustment is no price; say it as the offer's minimum or cap");
    check(
        of("energy", json!({"price": "0.0000001"})),
        "price 0.0000001; 0 to 1000000 with at most 6 decimals are accepted",
    );
    check(of("energy", json!({"per": "minute"})), "a price of energy is not per minute");
    check(of("energy", json!({"step": 0})), "a step of 0; 1 to 1000000 are accepted");
    check(of("fixed", json!({"step": 1})), "a fixed price has no step");
    check(
        of("fixed", json!({"when": {"fromWh": 1}})),
        "fixed is asked before anything is measured: only weekdays, minutes and dates count",
    );
    let check = |when: Value, expect: &str| check(of("energy", json!({"when": when})), expect);
    check(json!({"weekdays": [0]}), "weekday 0; 1 (Monday) to 7 (Sunday) are accepted");
    check(json!({"weekdays": [1, 1]}), "weekday 1 is said twice");
    check(
        json!({"untilMinute": 1440}),
        "minute 1440 of a day; 0 to 1439 are accepted, and 0 is midnight at either end",
    );
    check(
        json!({"fromDate": "2026-07-01", "untilDate": "2026-07-01"}),
        "untilDate 2026-07-01 is not after fromDate 2026-07-01",
    );
    check(json!({"fromWh": 5, "untilWh": 5}), "untilWh 5 is not above fromWh 5");
    check(json!({"untilS": 0}), "untilS 0 is not above fromS 0");
}

#[test]
fn a_condition_that_nobody_knows_is_no_condition_that_always_holds() {
    let typo = json!({"currency": "EUR", "elements": [{"component": "energy", "price": 1, "when": {"fromHour": 22}}]});
    let error = serde_json::from_value::<super::Offer>(typo).unwrap_err().to_string();
    assert!(error.contains("fromHour"), "{error}");
}

#[test]
fn what_is_not_said_is_not_written_again() {
    let said =
        json!({"currency": "EUR", "amounts": "including-tax", "elements": [{"component": "energy", "price": "0.49"}]});
    assert_eq!(serde_json::to_value(offer(said.clone())).unwrap(), said);
}
