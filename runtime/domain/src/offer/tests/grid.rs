//! Documents are read back as offers and priced: what is exact comes to the same, and nothing comes to less.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{CHARGING, IDLE, SUSPENDED, Stretch, issuer, offer, priced};
use crate::offer::{Fit, Offer, Written, ocpi221, ocpi230, ocpp21};

/// Readers round as they like: a cent for the bill, and one for its taxes.
const CENTS: Decimal = Decimal::from_parts(2, 0, 0, false, 2);

fn offers() -> Vec<Value> {
    let vat = json!([{"percent": "19"}]);
    let reduced = json!([{"percent": "7"}]);
    let night = json!({"fromMinute": 1320, "untilMinute": 360});
    vec![
        json!([{"component": "energy", "price": "0.49", "taxes": vat, "when": night}, {"component": "energy", "price": "0.59", "taxes": vat}]),
        json!([{"component": "energy", "price": "0.30", "taxes": reduced, "when": {"untilWh": 5000}}, {"component": "energy", "price": "0.60", "taxes": vat}, {"component": "fixed", "price": "1", "taxes": vat}]),
        json!([{"component": "energy", "price": "0.50", "step": 1000, "taxes": vat}, {"component": "idle-time", "price": "0.10", "per": "minute", "step": 60, "taxes": vat, "when": {"fromIdleS": 600}}]),
        json!([{"component": "charging-time", "price": "4", "step": 900, "when": night}, {"component": "charging-time", "price": "6", "step": 600}, {"component": "idle-time", "price": "8", "step": 420}]),
        json!([{"component": "idle-time", "price": "0", "when": {"untilIdleS": 900}}, {"component": "idle-time", "price": "3", "step": 1800, "taxes": reduced, "when": {"untilIdleS": 5400}}, {"component": "idle-time", "price": "12", "taxes": vat}]),
        json!([{"component": "charging-time", "price": "1", "when": {"fromS": 14400, "weekdays": [1, 2, 3]}}, {"component": "energy", "price": "0.333333", "when": {"untilWh": 8000}}, {"component": "energy", "price": "0.777777", "step": 100}]),
        json!([{"component": "fixed", "price": "2", "taxes": reduced, "when": {"untilMinute": 720}}, {"component": "fixed", "price": "1.50", "taxes": vat}, {"component": "energy", "price": "0.40", "step": 5000, "taxes": vat, "when": {"fromDate": "2026-07-02"}}]),
    ]
}

fn sessions() -> Vec<(&'static str, Vec<Stretch>)> {
    let mut sessions = Vec::new();
    for start in ["2026-07-01T08:00:00Z", "2026-07-01T19:30:00Z", "2026-10-24T20:00:00Z", "2026-03-28T23:10:00Z"] {
        for (minutes, wh) in [(0, 0), (7, 900), (61, 10_001), (290, 43_210)] {
            for idle in [0, 3, 11, 47, 200] {
                sessions.push((start, vec![(minutes, wh, CHARGING), (idle, 0, IDLE)]));
                sessions.push((
                    start,
                    vec![(5, 0, IDLE), (minutes, wh, CHARGING), (9, 0, SUSPENDED), (idle, 0, IDLE), (2, 333, CHARGING)],
                ));
            }
        }
    }
    sessions
}

fn check(offer: &Offer, written: &Written, read: &Offer) {
    for (start, stretches) in sessions() {
        let (asked, told) = (priced(offer, start, &stretches).unwrap(), priced(read, start, &stretches).unwrap());
        let session = format!("{} {start} {stretches:?}: {asked}, but {told} by {}", written.document, read.currency);
        assert!(told >= asked - CENTS, "less: {session}");
        assert!(written.fits != Fit::Exact || told <= asked + CENTS, "not exact: {session}");
    }
}

#[test]
fn no_document_comes_to_less_and_exact_ones_come_to_the_same() {
    for elements in offers() {
        for amounts in ["including-tax", "excluding-tax"] {
            for (minimum, cap) in [(None, None), (Some("4"), Some("19.99"))] {
                let offer = offer(json!({"amounts": amounts, "elements": elements, "minimum": minimum, "cap": cap}));
                let documents = [ocpi221(&offer, issuer()), ocpi230(&offer, issuer())];
                for written in &documents {
                    check(&offer, written, &of_ocpi(&written.document));
                }
                let written = ocpp21(&offer, issuer());
                check(&offer, &written, &of_ocpp(&written.document));
            }
        }
    }
}

fn number(value: &Value) -> Decimal {
    value.to_string().parse().expect("a number")
}

/// Prices of offers have six decimals.
fn price(net: Decimal, percent: Decimal) -> Decimal {
    (net * (Decimal::ONE + percent / Decimal::ONE_HUNDRED)).round_dp(6).normalize()
}

fn minute(time: &Value) -> Option<u32> {
    let (hour, minute) = time.as_str()?.split_once(':')?;
    Some(hour.parse::<u32>().ok()? * 60 + minute.parse::<u32>().ok()?)
}

fn days(days: &Value) -> Vec<u8> {
    const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let day = |day: &Value| {
        DAYS.iter().zip(1..).find(|(name, _)| day.as_str().unwrap().eq_ignore_ascii_case(name)).unwrap().1
    };
    days.as_array().map(|days| days.iter().map(day).collect()).unwrap_or_default()
}

fn of_ocpi(document: &Value) -> Offer {
    let is_gross = document.get("tax_included").is_some_and(|included| included == "YES");
    let thousands = |value: &Value| value.as_f64().map(|value| (value * 1_000.0).round());
    let element = |element: &Value| {
        let (component, when) = (&element["price_components"][0], &element["restrictions"]);
        let percent = component.get("vat").filter(|_| !is_gross).map(number).unwrap_or_default();
        let (kind, step) = match component["type"].as_str().unwrap() {
            "ENERGY" => ("energy", Some(&component["step_size"])),
            "TIME" => ("charging-time", Some(&component["step_size"])),
            "PARKING_TIME" => ("idle-time", Some(&component["step_size"])),
            _ => ("fixed", None),
        };
        json!({"component": kind, "price": price(number(&component["price"]), percent), "step": step, "when": {
            "weekdays": days(&when["day_of_week"]),
            "fromMinute": minute(&when["start_time"]),
            "untilMinute": minute(&when["end_time"]),
            "fromDate": when["start_date"],
            "untilDate": when["end_date"],
            "fromWh": thousands(&when["min_kwh"]),
            "untilWh": thousands(&when["max_kwh"]),
            "fromS": when["min_duration"],
            "untilS": when["max_duration"],
        }})
    };
    let elements: Vec<Value> = document["elements"].as_array().unwrap().iter().map(element).map(whole).collect();
    let limit =
        |name: &str| document.get(name).map(|limit| limit.get("incl_vat").unwrap_or(&limit["after_taxes"]).clone());
    offer(json!({"elements": elements, "minimum": limit("min_price"), "cap": limit("max_price")}))
}

/// Doubles that are whole.
fn whole(mut element: Value) -> Value {
    for (_, value) in element["when"].as_object_mut().unwrap() {
        if let Some(number) = value.as_f64() {
            *value = format!("{number:.0}").parse::<u32>().unwrap().into();
        }
    }
    element
}

fn of_ocpp(document: &Value) -> Offer {
    let mut elements = Vec::new();
    for (kind, field) in
        [("energy", "energy"), ("charging-time", "chargingTime"), ("idle-time", "idleTime"), ("fixed", "fixedFee")]
    {
        let Some(component) = document.get(field) else { continue };
        let rates = component["taxRates"].as_array().cloned().unwrap_or_default();
        let percent: Decimal = rates.iter().map(|rate| number(&rate["tax"])).sum();
        for of in component["prices"].as_array().unwrap() {
            let when = &of["conditions"];
            let net = of.get("priceKwh").or(of.get("priceFixed"));
            let hour = of.get("priceMinute").map(|price| number(price) * Decimal::from(60));
            elements.push(
                json!({"component": kind, "price": price(net.map(number).or(hour).unwrap(), percent), "when": {
                    "weekdays": days(&when["dayOfWeek"]),
                    "fromMinute": minute(&when["startTimeOfDay"]),
                    "untilMinute": minute(&when["endTimeOfDay"]),
                    "fromDate": when["validFromDate"],
                    "untilDate": when["validToDate"],
                    "fromWh": when["minEnergy"],
                    "untilWh": when["maxEnergy"],
                    "fromS": when["minTime"],
                    "untilS": when["maxTime"],
                    "fromIdleS": when["minIdleTime"],
                    "untilIdleS": when["maxIdleTime"],
                }}),
            );
        }
    }
    let limit = |name: &str| document.get(name).map(|limit| limit["inclTax"].clone());
    offer(json!({"elements": elements, "minimum": limit("minCost"), "cap": limit("maxCost")}))
}
