//! What went wrong for others with tariffs that were shown, exchanged or priced: one small case of each kind.

use serde_json::{Value, json};

use super::{CHARGING, IDLE, check, check_offer, issuer, offer};
use crate::offer::{Fit, ocpi221, ocpi230, ocpp21, text};

/// A Wednesday, 10:00 in Berlin.
const START: &str = "2026-07-01T08:00:00Z";

fn fits(of: Value) -> [Fit; 3] {
    let offer = offer(of);
    [ocpi221(&offer, issuer()), ocpi230(&offer, issuer()), ocpp21(&offer, issuer())].map(|written| written.fits)
}

#[test]
fn steps_of_charging_and_of_parking_are_taken_for_one_another() {
    // Two steps in one session: which of them counts, and of what, was asked again and again.
    let both = json!([{"component": "charging-time", "price": "1", "step": 300}, {"component": "idle-time", "price": "2", "step": 420}]);
    check(both.clone(), START, &[(3, 0, CHARGING), (6, 0, IDLE)], "0.31");
    assert_eq!(fits(json!({"elements": both})), [Fit::UpperBound; 3]);
}

#[test]
fn a_price_is_taken_for_that_of_a_step() {
    // Per hour, billed in steps of five minutes: six minutes are ten.
    let hour = json!([{"component": "charging-time", "price": "2", "step": 300}]);
    check(hour.clone(), START, &[(6, 0, CHARGING)], "0.33");
    let component =
        &ocpi221(&offer(json!({"elements": hour})), issuer()).document["elements"][0]["price_components"][0];
    assert_eq!((&component["price"], &component["step_size"]), (&json!(2), &json!(300)));
}

#[test]
fn a_step_of_energy_is_taken_for_each_stretch() {
    // Three kWh at low, high and low power, in steps of ten: once for each price, not for each stretch.
    let power = json!([
        {"component": "energy", "price": "2", "step": 10000, "when": {"untilW": 5000}},
        {"component": "energy", "price": "5", "step": 10000},
    ]);
    check(power, START, &[(60, 3_000, CHARGING), (20, 3_000, CHARGING), (60, 3_000, CHARGING)], "70.00");
}

#[test]
fn a_window_past_midnight_begins_on_a_day_that_it_does_not_have() {
    // Monday to Friday, 20:00 to 15:00: the weekday is that of the instant, so Monday morning is in it, Saturday's is not.
    let nights = json!([{"component": "energy", "price": "0.25", "when": {"weekdays": [1, 2, 3, 4, 5], "fromMinute": 1200, "untilMinute": 900}}]);
    let hour = [(60, 10_000, CHARGING)];
    check(nights.clone(), "2026-06-29T06:00:00Z", &hour, "2.50");
    check(nights.clone(), "2026-07-03T21:00:00Z", &hour, "2.50");
    check(nights, "2026-07-03T22:00:00Z", &hour, "0.00");
}

#[test]
fn midnight_is_written_in_three_ways() {
    // No end, 24:00, 23:59, 00:00: only the last one has the whole evening in every reader.
    for when in [json!({"fromMinute": 1200}), json!({"fromMinute": 1200, "untilMinute": 0})] {
        let evening = json!([{"component": "energy", "price": "1", "when": when}]);
        check(evening.clone(), "2026-07-01T17:00:00Z", &[(360, 6_000, CHARGING)], "4.00");
        let document = ocpi221(&offer(json!({"elements": evening})), issuer()).document;
        assert_eq!(document["elements"][0]["restrictions"], json!({"start_time": "20:00", "end_time": "00:00"}));
    }
    let morning = json!([{"component": "energy", "price": "0.5", "when": {"untilMinute": 240}}, {"component": "energy", "price": "0.7"}]);
    let document = ocpi221(&offer(json!({"elements": morning})), issuer()).document;
    assert_eq!(document["elements"][0]["restrictions"], json!({"start_time": "00:00", "end_time": "04:00"}));
}

#[test]
fn grace_runs_from_the_start_of_the_session() {
    // An hour free after charging was told as the first hour of the session, which was over by then.
    let parking = json!([{"component": "idle-time", "price": "3", "when": {"fromIdleS": 3600}}]);
    check(parking.clone(), START, &[(120, 0, CHARGING), (90, 0, IDLE)], "1.50");
    let of = json!({"elements": parking});
    assert_eq!(fits(of.clone()), [Fit::UpperBound, Fit::UpperBound, Fit::Exact]);
    let document = ocpi221(&offer(of), issuer()).document;
    assert_eq!(document["elements"][0].get("restrictions"), None, "no duration stands for it");
}

#[test]
fn a_price_by_day_after_some_hours_is_asked_at_night() {
    // After four hours, only from 8:00 to 20:00, with a cap: both conditions, and the cap is of the session.
    let blocking = json!({"cap": "30", "elements": [{"component": "charging-time", "price": "6", "when": {"fromS": 14400, "fromMinute": 480, "untilMinute": 1200}}]});
    check_offer(blocking.clone(), "2026-07-01T14:00:00Z", &[(960, 0, CHARGING)], "0.00");
    check_offer(blocking.clone(), "2026-07-01T14:00:00Z", &[(1_080, 0, CHARGING)], "12.00");
    check_offer(blocking.clone(), "2026-07-01T14:00:00Z", &[(2_000, 0, CHARGING)], "30.00");
    assert_eq!(fits(blocking), [Fit::Exact; 3]);
}

#[test]
fn energy_behind_a_change_of_price_costs_what_it_cost_before() {
    // Ten kWh before 21:00 and ten after it, told as one period and as two.
    let evening = json!([{"component": "energy", "price": "1", "when": {"untilMinute": 1260}}, {"component": "energy", "price": "10"}]);
    check(evening.clone(), "2026-07-01T18:00:00Z", &[(120, 20_000, CHARGING)], "110.00");
    check(evening, "2026-07-01T18:00:00Z", &[(60, 10_000, CHARGING), (60, 10_000, CHARGING)], "110.00");
}

#[test]
fn time_in_which_the_vehicle_only_stands_is_billed_as_charging() {
    let charging = json!([{"component": "charging-time", "price": "6"}]);
    check(charging, START, &[(30, 11_000, CHARGING), (600, 0, IDLE)], "3.00");
}

#[test]
fn a_price_of_the_evening_comes_an_hour_early_on_the_day_the_clock_is_moved() {
    // The clock went back in the morning; 18:00 to 20:00 is still that.
    let evening =
        json!([{"component": "charging-time", "price": "1", "when": {"fromMinute": 1080, "untilMinute": 1200}}]);
    check(evening.clone(), "2026-10-25T16:00:00Z", &[(60, 0, CHARGING)], "0.00");
    check(evening.clone(), "2026-10-25T17:00:00Z", &[(180, 0, CHARGING)], "2.00");
    // A session over the whole of that night has no hour without a price.
    let always = json!([{"component": "energy", "price": "1", "when": {"fromMinute": 1320, "untilMinute": 360}}, {"component": "energy", "price": "1"}]);
    check(always, "2026-10-24T21:00:10Z", &[(345, 1_029, CHARGING)], "1.03");
}

#[test]
fn a_night_from_sunday_to_monday_has_no_price() {
    // Weekdays by hours, the weekend as a whole: the prices meet at midnight.
    let week = json!([
        {"component": "energy", "price": "0.1", "when": {"weekdays": [1, 2, 3, 4, 5], "untilMinute": 480}},
        {"component": "energy", "price": "0.2", "when": {"weekdays": [1, 2, 3, 4, 5], "fromMinute": 480}},
        {"component": "energy", "price": "0.4", "when": {"weekdays": [6, 7]}},
    ]);
    check(week, "2026-07-05T20:00:00Z", &[(720, 12_000, CHARGING)], "2.00");
}

#[test]
fn a_price_that_is_round_with_its_tax_is_not_so_without_it() {
    // 5.00 with 8.1 %: two decimals of the net price come to 4.99 or 5.01.
    let fee =
        json!({"currency": "CHF", "elements": [{"component": "fixed", "price": "5", "taxes": [{"percent": "8.1"}]}]});
    let document = ocpi221(&offer(fee.clone()), issuer()).document;
    assert_eq!(document["elements"][0]["price_components"][0]["price"], json!(4.6253469011));
    assert_eq!(fits(fee), [Fit::Exact; 3]);
}

#[test]
fn a_minimum_without_its_tax_is_reached_before_the_one_with_it() {
    // With several taxes in a session the two amounts of a limit would bind at different sessions.
    let mixed = json!([{"component": "energy", "price": "0.4", "taxes": [{"percent": "10"}]}, {"component": "fixed", "price": "0.5", "taxes": [{"percent": "20"}]}]);
    let document = ocpi221(&offer(json!({"minimum": "1", "cap": "11", "elements": mixed})), issuer()).document;
    assert_eq!(document["min_price"], json!({"excl_vat": 0.8333, "incl_vat": 1}));
    assert_eq!(document["max_price"], json!({"excl_vat": 10, "incl_vat": 11}));
}

#[test]
fn some_minutes_of_a_session_are_taken_for_its_length() {
    // From three to five minutes: two minutes are billed, however long the session is.
    let minutes = json!([{"component": "charging-time", "price": "60", "when": {"fromS": 180, "untilS": 300}}]);
    for (length, expect) in [(2, "0.00"), (4, "1.00"), (5, "2.00"), (60, "2.00")] {
        check(minutes.clone(), START, &[(length, 0, CHARGING)], expect);
    }
}

#[test]
fn several_sales_taxes_are_forced_into_one() {
    let taxes = json!([{"name": "GST", "percent": "5"}, {"name": "QST", "percent": "9.975"}]);
    let of = json!({"currency": "CAD", "amounts": "excluding-tax", "elements": [{"component": "energy", "price": "0.4", "taxes": taxes}]});
    assert_eq!(fits(of.clone()), [Fit::Exact; 3]);
    assert_eq!(
        ocpi230(&offer(of.clone()), issuer()).document["elements"][0]["price_components"][0]["vat"],
        json!(14.975)
    );
    let rates = json!([{"type": "GST", "tax": 5}, {"type": "QST", "tax": 9.975}]);
    assert_eq!(ocpp21(&offer(of), issuer()).document["energy"]["taxRates"], rates);
}

#[test]
fn a_connection_fee_is_not_shown_beside_the_price_of_energy() {
    let both = json!({"currency": "GBP", "elements": [{"component": "fixed", "price": "0.38"}, {"component": "energy", "price": "0.19"}]});
    assert_eq!(text(&offer(both), "en-GB"), "£0.19 per kWh; £0.38 per session");
}

#[test]
fn a_general_price_before_a_special_one_hides_it() {
    // Order is meaning; the special price is neither charged nor told.
    let weekend = json!([{"component": "energy", "price": "0.79"}, {"component": "energy", "price": "0.65", "when": {"weekdays": [6, 7]}}]);
    check(weekend.clone(), "2026-07-04T08:00:00Z", &[(60, 10_000, CHARGING)], "7.90");
    assert_eq!(text(&offer(json!({"elements": weekend})), "de"), "0,79 € pro kWh");
}
