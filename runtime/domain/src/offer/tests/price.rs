//! What offers come to.

use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::{CHARGING, IDLE, SUSPENDED, check, check_offer, offer, periods, priced};

/// A Wednesday, 10:00 in Berlin.
const NOON: &str = "2026-07-01T08:00:00Z";

#[test]
fn each_component_is_measured_by_what_it_is_for() {
    let session = [(60, 10_000, CHARGING), (30, 0, SUSPENDED), (20, 0, IDLE)];
    check(json!([{"component": "energy", "price": "0.49"}]), NOON, &session, "4.90");
    check(json!([{"component": "charging-time", "price": "1.20"}]), NOON, &session, "1.20");
    check(json!([{"component": "idle-time", "price": "0.10", "per": "minute"}]), NOON, &session, "2.00");
    check(json!([{"component": "fixed", "price": "1.5"}]), NOON, &session, "1.50");
    check(json!([{"component": "reservation", "price": "5"}]), NOON, &session, "0.00");
    check(json!([]), NOON, &session, "0.00");
    check(json!([{"component": "fixed", "price": "1"}]), NOON, &[], "0.00");
}

#[test]
fn a_price_of_a_minute_is_not_rounded_by_the_hour() {
    let third = json!([{"component": "idle-time", "price": "0.333333", "per": "minute"}]);
    check(third, NOON, &[(600, 0, IDLE)], "200.00");
    check(json!([{"component": "idle-time", "price": "1"}]), NOON, &[(20, 0, IDLE)], "0.33");
}

#[test]
fn the_first_price_whose_conditions_hold_is_asked() {
    let tiers = |conditions: Value| json!([{"component": "energy", "price": "0.30", "when": conditions}, {"component": "energy", "price": "0.60"}]);
    let hour = [(60, 12_000, CHARGING)];
    // 10:00 to 11:00, with 12 kW.
    let cases = [
        (json!({"fromMinute": 600, "untilMinute": 660}), "3.60"),
        (json!({"fromMinute": 630}), "5.40"),
        (json!({"untilMinute": 615}), "6.30"),
        (json!({"fromMinute": 1320, "untilMinute": 630}), "5.40"),
        (json!({"fromMinute": 600, "untilMinute": 600}), "3.60"),
        (json!({"weekdays": [3]}), "3.60"),
        (json!({"weekdays": [1, 2, 4, 5, 6, 7]}), "7.20"),
        (json!({"fromDate": "2026-07-01", "untilDate": "2026-07-02"}), "3.60"),
        (json!({"untilDate": "2026-07-01"}), "7.20"),
        (json!({"untilWh": 4000}), "6.00"),
        (json!({"fromWh": 4000}), "4.80"),
        (json!({"fromWh": 4000, "untilWh": 8000}), "6.00"),
        (json!({"untilS": 900}), "6.30"),
        (json!({"fromS": 900, "untilMinute": 630}), "6.30"),
        (json!({"fromIdleS": 1}), "7.20"),
        (json!({"fromW": 12000}), "3.60"),
        (json!({"fromW": 12001}), "7.20"),
        (json!({"untilW": 12000}), "7.20"),
        (json!({"untilW": 12001}), "3.60"),
    ];
    for (conditions, expect) in cases {
        check(tiers(conditions), NOON, &hour, expect);
    }
}

#[test]
fn a_component_without_a_price_that_holds_costs_nothing_then() {
    let night = json!([{"component": "energy", "price": "0.30", "when": {"fromMinute": 1320, "untilMinute": 360}}]);
    check(night.clone(), NOON, &[(60, 10_000, CHARGING)], "0.00");
    check(night, "2026-07-01T19:00:00Z", &[(120, 20_000, CHARGING)], "3.00");
}

#[test]
fn an_amount_of_energy_is_cut_to_the_milliwatt_hour() {
    // 10 kWh in an hour, the first third of it free.
    let free = json!([{"component": "energy", "price": "0", "when": {"untilWh": 3333}}, {"component": "energy", "price": "1000"}]);
    check(free, NOON, &[(60, 10_000, CHARGING)], "6667.00");
    // A period of no length may hold energy.
    let tiers = json!([{"component": "energy", "price": "1", "when": {"untilWh": 1000}}, {"component": "energy", "price": "2"}]);
    check(tiers, NOON, &[(0, 3_000, CHARGING)], "5.00");
}

#[test]
fn grace_is_counted_over_all_idle_time_of_the_session() {
    let grace = json!([{"component": "idle-time", "price": "0.10", "per": "minute", "when": {"fromIdleS": 600}}]);
    check(grace.clone(), NOON, &[(60, 9_000, CHARGING), (10, 0, IDLE)], "0.00");
    check(grace.clone(), NOON, &[(60, 9_000, CHARGING), (25, 0, IDLE)], "1.50");
    check(grace, NOON, &[(6, 0, IDLE), (60, 9_000, CHARGING), (6, 0, IDLE)], "0.20");
    let day = json!([{"component": "idle-time", "price": "6", "when": {"fromMinute": 480, "untilMinute": 1320, "fromS": 14400}}]);
    check(day, "2026-07-01T14:00:00Z", &[(120, 0, CHARGING), (360, 0, IDLE)], "12.00");
}

#[test]
fn nights_on_which_the_clock_is_moved_are_as_long_as_they_are() {
    let night = json!([{"component": "charging-time", "price": "1", "when": {"fromMinute": 1320, "untilMinute": 360}}]);
    let from_20_to_8 = |start, hours: i64, expect| check(night.clone(), start, &[(hours * 60, 0, CHARGING)], expect);
    from_20_to_8("2026-10-23T18:00:00Z", 12, "8.00");
    from_20_to_8("2026-10-24T18:00:00Z", 13, "9.00");
    from_20_to_8("2026-03-28T19:00:00Z", 11, "7.00");
    // From 2:30 to 6:00: the wall shows 2:30 twice, or never.
    let late = json!([{"component": "charging-time", "price": "1", "when": {"fromMinute": 150, "untilMinute": 360}}]);
    check(late.clone(), "2026-10-24T18:00:00Z", &[(13 * 60, 0, CHARGING)], "4.00");
    check(late, "2026-03-28T19:00:00Z", &[(11 * 60, 0, CHARGING)], "3.00");
}

#[test]
fn steps_are_rounded_up_once_for_each_price() {
    let quarters = json!([{"component": "charging-time", "price": "4", "step": 900}]);
    check(quarters.clone(), NOON, &[(1, 0, CHARGING)], "1.00");
    check(quarters.clone(), NOON, &[(15, 0, CHARGING)], "1.00");
    check(quarters, NOON, &[(10, 0, CHARGING), (5, 0, IDLE), (6, 0, CHARGING)], "2.00");
    let kwh = json!([{"component": "energy", "price": "0.5", "step": 1000}]);
    check(kwh.clone(), NOON, &[(60, 10_001, CHARGING)], "5.50");
    check(kwh, NOON, &[(60, 0, CHARGING)], "0.00");
}

#[test]
fn a_fixed_price_is_the_one_of_the_start() {
    let fees = json!([{"component": "fixed", "price": "1", "when": {"fromMinute": 1320, "untilMinute": 360}}, {"component": "fixed", "price": "2"}]);
    check(fees.clone(), "2026-07-01T19:00:00Z", &[(300, 0, CHARGING)], "2.00");
    check(fees, "2026-07-01T20:00:00Z", &[(300, 0, CHARGING)], "1.00");
}

#[test]
fn taxes_come_on_top_of_a_bill_and_not_of_a_line() {
    let energy = |net: &str| json!({"component": "energy", "price": net, "taxes": [{"percent": "19"}]});
    let fee = |net: &str, percent: &str| json!({"component": "fixed", "price": net, "taxes": [{"percent": percent}]});
    let on_top = |elements: Value| json!({"amounts": "excluding-tax", "elements": elements});
    let session = [(60, 10_000, CHARGING)];
    check_offer(on_top(json!([energy("0.033"), fee("0.33", "19")])), NOON, &session, "0.79");
    check_offer(on_top(json!([energy("0.033"), fee("0.33", "7")])), NOON, &session, "0.74");
    check_offer(json!({"elements": [energy("0.033"), fee("0.33", "7")]}), NOON, &session, "0.66");
    let sales = json!([{"component": "energy", "price": "10", "taxes": [{"name": "GST", "percent": "5"}, {"name": "QST", "percent": "9.975"}]}]);
    let canadian = json!({"currency": "CAD", "amounts": "excluding-tax", "elements": sales});
    check_offer(canadian, NOON, &session, "114.98");
    check_offer(
        json!({"currency": "JPY", "elements": [{"component": "energy", "price": "48.25"}]}),
        NOON,
        &session,
        "483",
    );
}

#[test]
fn a_total_is_between_minimum_and_cap() {
    let between = |elements: Value| json!({"minimum": "2", "cap": "20.00", "elements": elements});
    let energy = json!([{"component": "energy", "price": "0.50"}]);
    for (wh, expect) in [(0, "2.00"), (3_999, "2.00"), (10_000, "5.00"), (40_000, "20.00"), (90_000, "20.00")] {
        check_offer(between(energy.clone()), NOON, &[(60, wh, CHARGING)], expect);
    }
    let on_top = json!({"amounts": "excluding-tax", "cap": "11", "elements": [{"component": "energy", "price": "1", "taxes": [{"percent": "20"}]}]});
    check_offer(on_top, NOON, &[(60, 10_000, CHARGING)], "11.00");
}

#[test]
fn what_is_no_session_is_refused() {
    let energy = offer(json!({"elements": [{"component": "energy", "price": "1", "when": {"weekdays": [1]}}]}));
    let mut back = periods(NOON, &[(60, 1, CHARGING), (60, 1, CHARGING)]);
    back.swap(0, 1);
    let error = energy.price(&TimeZone::UTC, &back).unwrap_err();
    assert_eq!(error, "period 1: it begins before the one before it ends, or ends before it begins");
    assert_eq!(priced(&energy, NOON, &[(60, -1, CHARGING)]).unwrap_err(), "period 0: its energy is -1 Wh");
    let long = priced(&energy, NOON, &[(401 * 1_440, 1, CHARGING)]).unwrap_err();
    assert_eq!(long, "period 0: it ends more than 400 days after the session's start");
}
