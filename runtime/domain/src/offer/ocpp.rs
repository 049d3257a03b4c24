//! An offer as a tariff that a station charges by itself (OCPP 2.1, functional block I; TariffType).
//!
//! Prices are without tax, and each component has one set of taxes. There are no steps. Times of day and dates are of the
//! station's own time zone.

use serde_json::{Map, Value, json};

use super::bound::{with_one_set_of_taxes, without_steps};
use super::text::texts_within;
use super::written::{Remarks, number, time_of_day};
use super::{Conditions, Element, Issuer, Offer, Written};
use crate::component::Component;
use crate::tax::Tax;

/// Characters of a tariff's id, of a tax's type, of a language.
const MAX_ID: usize = 60;
const MAX_TAX: usize = 20;
const MAX_LANGUAGE: usize = 8;
const MOST_TEXTS: usize = 10;
/// Characters of a MessageContent.
const MAX_TEXT: usize = 1_024;
const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// By component: the field of TariffType, and that of its prices.
const FIELDS: [(Component, &str, &str); 5] = [
    (Component::Energy, "energy", "priceKwh"),
    (Component::ChargingTime, "chargingTime", "priceMinute"),
    (Component::IdleTime, "idleTime", "priceMinute"),
    (Component::Fixed, "fixedFee", "priceFixed"),
    (Component::Reservation, "reservationTime", "priceMinute"),
];

/// The document is a TariffType: `tariff` of SetDefaultTariff and of ChangeTransactionTariff, and of an answer to Authorize.
pub fn ocpp21(offer: &Offer, issuer: Issuer<'_>) -> Written {
    written(offer, issuer).unwrap_or_else(Written::not_expressible)
}

fn written(offer: &Offer, issuer: Issuer<'_>) -> Result<Written, String> {
    offer.validate()?;
    offer.sayable()?;
    if issuer.id.is_empty() || issuer.id.chars().count() > MAX_ID {
        return Err(format!("the id {:?} is none of 1 to {MAX_ID} characters", issuer.id));
    }
    let (mut said, mut remarks) = (offer.clone(), Remarks::default());
    without_steps(&mut said, |_, _| false, &mut remarks)?;
    with_one_set_of_taxes(&mut said, &mut remarks);

    let mut document = Map::new();
    document.insert("tariffId".to_owned(), issuer.id.into());
    document.insert("currency".to_owned(), said.currency.as_str().into());
    let texts = description(offer);
    if !texts.is_empty() {
        document.insert("description".to_owned(), texts.into());
    }
    for (component, field, price_field) in FIELDS {
        if let Some(prices) = prices(&said, component, price_field) {
            document.insert(field.to_owned(), prices);
        }
    }
    for (name, limit) in [("minCost", said.minimum), ("maxCost", said.cap)] {
        if let Some(limit) = limit {
            document.insert(name.to_owned(), json!({"inclTax": number(limit)}));
        }
    }
    remarks.notes.extend(readings(offer));
    Ok(remarks.written(document.into()))
}

/// What stations may read differently.
fn readings(offer: &Offer) -> impl Iterator<Item = String> {
    let has_grace = offer.elements.iter().any(|element| element.when.is_of_idle());
    let has_idle = offer.of(Component::IdleTime).next().is_some();
    let until = offer.next_change_at;
    let grace = "a station may count idle time anew each time the vehicle stops taking energy, and then asks less";
    let idle = "a station may count time in which it holds energy back itself as idle, and then asks more";
    let end = until.map(|at| format!("the offer stands until {at}, which cannot be said: send the next one by then"));
    let (grace, idle) = (has_grace.then(|| grace.to_owned()), has_idle.then(|| idle.to_owned()));
    [grace, idle, end].into_iter().flatten()
}

fn prices(offer: &Offer, component: Component, price_field: &str) -> Option<Value> {
    let price = |element: &Element| {
        let price = element.net(offer.amounts, 60);
        match conditions(&element.when) {
            conditions if conditions.is_empty() => json!({price_field: number(price)}),
            conditions => json!({price_field: number(price), "conditions": conditions}),
        }
    };
    let taxes = offer.of(component).next()?.taxes.as_slice();
    let prices: Vec<Value> = offer.of(component).map(price).collect();
    Some(match taxes.is_empty() {
        true => json!({"prices": prices}),
        false => json!({"prices": prices, "taxRates": taxes.iter().map(tax_rate).collect::<Value>()}),
    })
}

fn tax_rate(Tax { name, percent, category: _ }: &Tax) -> Value {
    let name: String = if name.is_empty() { "VAT".to_owned() } else { name.chars().take(MAX_TAX).collect() };
    json!({"type": name, "tax": number(*percent)})
}

fn conditions(when: &Conditions) -> Map<String, Value> {
    let mut conditions = Map::new();
    let mut set = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            conditions.insert(name.to_owned(), value);
        }
    };
    set("startTimeOfDay", when.window().map(|(from, _)| time_of_day(from).into()));
    set("endTimeOfDay", when.window().map(|(_, until)| time_of_day(until).into()));
    let days = || DAYS.iter().zip(1..).filter(|(_, day)| when.weekdays.contains(day));
    set("dayOfWeek", (!when.weekdays.is_empty()).then(|| days().map(|(name, _)| Value::from(*name)).collect()));
    set("validFromDate", when.from_date.map(|date| date.to_string().into()));
    set("validToDate", when.until_date.map(|date| date.to_string().into()));
    for (name, value) in [
        ("minEnergy", when.from_wh),
        ("maxEnergy", when.until_wh),
        ("minTime", when.from_s),
        ("maxTime", when.until_s),
        ("minIdleTime", when.from_idle_s),
        ("maxIdleTime", when.until_idle_s),
    ] {
        set(name, value.map(Value::from));
    }
    conditions
}

/// For the station's display.
fn description(offer: &Offer) -> Vec<Value> {
    let fits = |(_, text): &(String, String)| text.chars().count() <= MAX_TEXT;
    let texts = texts_within(offer, MAX_LANGUAGE).into_iter().filter(fits).take(MOST_TEXTS);
    texts.map(|(language, content)| json!({"format": "UTF8", "language": language, "content": content})).collect()
}
