//! An offer as a tariff of roaming (OCPI 2.2.1 and 2.3.0, Tariff object).
//!
//! Each element is a tariff element of its own, in the same order: OCPI looks its price components up by dimension as well.
//! Idle time so far is no restriction there, and steps are taken once a session: of the last price of energy, and of the last
//! price of parking, or of charging time where there is no parking (mod_cdrs, step_size). The finest steps are 1 Wh and 1 s.
//! Times of day and dates are of the location's own time zone.

use jiff::Timestamp;
use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::{Map, Value, json};

use super::bound::{factors, without_idle_conditions, without_steps};
use super::taxed::{percent, up};
use super::text::texts_within;
use super::written::{Remarks, number};
use super::{Element, Issuer, Offer, Written};
use crate::component::Component;
use crate::tax::Amounts;

mod restrictions;

use restrictions::restrictions;

const MAX_ID: usize = 36;
/// Characters of a DisplayText.
const MAX_TEXT: usize = 512;
/// Of a number, unless more is said of it (types, number type).
const DECIMALS: u32 = 4;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Version {
    V221,
    V230,
}

/// Prices are without VAT there.
pub fn ocpi221(offer: &Offer, issuer: Issuer<'_>) -> Written {
    written(offer, issuer, Version::V221).unwrap_or_else(Written::not_expressible)
}

/// Prices have their taxes in them, or not, as the offer's.
pub fn ocpi230(offer: &Offer, issuer: Issuer<'_>) -> Written {
    written(offer, issuer, Version::V230).unwrap_or_else(Written::not_expressible)
}

fn written(offer: &Offer, issuer: Issuer<'_>, version: Version) -> Result<Written, String> {
    offer.validate()?;
    offer.sayable()?;
    check(issuer)?;
    let (mut said, mut remarks) = (offer.clone(), Remarks::default());
    without_idle_conditions(&mut said, &mut remarks);
    without_steps(&mut said, step_fits, &mut remarks)?;
    if has_partial_fee(&said) {
        let why = "a fixed price is asked only at some times; a reader may ask it when these begin within the session";
        remarks.bounds.push(why.to_owned());
    }
    if !says_taxes(&said) {
        let why = "taxes are not said; a price without `vat` is read as one to which no VAT applies (PriceComponent)";
        remarks.notes.push(why.to_owned());
    }
    let elements: Vec<Value> = said.elements.iter().map(|it| element(it, &said, version, &mut remarks)).collect();
    let mut document = head(&said, issuer);
    document.insert("elements".to_owned(), if elements.is_empty() { free() } else { elements.into() });
    if version == Version::V230 {
        document.insert("tax_included".to_owned(), tax_included(&said).into());
    }
    for (name, limit) in limits(&said, version) {
        document.insert(name.to_owned(), limit);
    }
    // No text shall tell what the elements tell (Tariff object, note): one is there only when they do not tell all.
    let texts = if remarks.bounds.is_empty() { Vec::new() } else { alternative(offer) };
    if !texts.is_empty() {
        document.insert("tariff_alt_text".to_owned(), texts.into());
    }
    Ok(remarks.written(document.into()))
}

/// Or has nothing that could be taxed.
fn says_taxes(offer: &Offer) -> bool {
    let mut paid = offer.elements.iter().filter(|element| !element.price.is_zero()).peekable();
    paid.peek().is_none() || paid.any(|element| !element.taxes.is_empty())
}

fn check(Issuer { id, country_code, party_id, .. }: Issuer<'_>) -> Result<(), String> {
    if id.is_empty() || id.len() > MAX_ID || !id.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Err(format!("the id {id:?} is none of 1 to {MAX_ID} printable ASCII characters"));
    }
    if country_code.len() != 2 || !country_code.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return Err(format!("the country {country_code:?} is none of two letters"));
    }
    if party_id.len() != 3 || !party_id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(format!("the party {party_id:?} is none of three letters or digits"));
    }
    Ok(())
}

/// Where a step means what it means in an offer: nothing else of the dimension is priced, and parking does not take its place.
fn step_fits(offer: &Offer, element: &Element) -> bool {
    let is_alone = element.when.is_none() && offer.of(element.component).count() == 1;
    let has_parking = offer.of(Component::IdleTime).next().is_some();
    is_alone && !(element.component == Component::ChargingTime && has_parking)
}

/// None of the fixed prices is asked at every time.
fn has_partial_fee(offer: &Offer) -> bool {
    let mut fees = offer.of(Component::Fixed).peekable();
    fees.peek().is_some() && fees.all(|element| !element.when.is_none())
}

fn head(offer: &Offer, issuer: Issuer<'_>) -> Map<String, Value> {
    let mut head = Map::new();
    let mut set = |name: &str, value: String| head.insert(name.to_owned(), value.into());
    set("country_code", issuer.country_code.to_ascii_uppercase());
    set("party_id", issuer.party_id.to_ascii_uppercase());
    set("id", issuer.id.to_owned());
    set("currency", offer.currency.to_string());
    if let Some(tariff_type) = issuer.tariff_type {
        set("type", tariff_type.as_str().to_owned());
    }
    if let Some(until) = offer.next_change_at {
        set("end_date_time", date_time(until));
    }
    set("last_updated", date_time(issuer.last_updated));
    head
}

fn element(element: &Element, offer: &Offer, version: Version, remarks: &mut Remarks) -> Value {
    let dimension = match element.component {
        Component::Energy => "ENERGY",
        Component::ChargingTime | Component::Reservation => "TIME",
        Component::IdleTime => "PARKING_TIME",
        Component::Fixed | Component::Adjustment | Component::Export => "FLAT",
    };
    let price = price(element, offer, version, remarks);
    let mut component = json!({"type": dimension, "price": number(price), "step_size": element.step.unwrap_or(1)});
    if !element.taxes.is_empty() {
        component["vat"] = number(percent(&element.taxes));
    }
    let restrictions = restrictions(element);
    match restrictions.is_empty() {
        true => json!({"price_components": [component]}),
        false => json!({"price_components": [component], "restrictions": restrictions}),
    }
}

fn price(element: &Element, offer: &Offer, version: Version, remarks: &mut Remarks) -> Decimal {
    let price = match version {
        Version::V221 => element.net(offer.amounts, 3_600),
        Version::V230 => element.as_said(3_600),
    };
    if price.scale() > DECIMALS {
        let (name, said) = (element.component.as_str(), element.price.normalize());
        let why = format!("a reader that keeps {DECIMALS} decimals comes to other cents");
        remarks.notes.push(format!("{name} at {said} is {price} there; {why}"));
    }
    price
}

/// Both of a limit's amounts bind (Tariff object, notes on min_price and max_price), so the one before taxes is set where it
/// never binds before the other.
fn limits(offer: &Offer, version: Version) -> Vec<(&'static str, Value)> {
    let (lowest, highest) = factors(offer);
    let down = |amount: Decimal| amount.round_dp_with_strategy(DECIMALS, RoundingStrategy::ToZero);
    let minimum = offer.minimum.map(|minimum| ("min_price", down(minimum / highest), minimum));
    let cap = offer.cap.map(|cap| ("max_price", up(cap / lowest, DECIMALS), cap));
    let (before, after) = match version {
        Version::V221 => ("excl_vat", "incl_vat"),
        Version::V230 => ("before_taxes", "after_taxes"),
    };
    let limit = |(name, net, gross)| (name, json!({before: number(net), after: number(gross)}));
    minimum.into_iter().chain(cap).map(limit).collect()
}

/// New in 2.3.0 (TaxIncluded). Prices without any tax on top are all that is paid.
fn tax_included(offer: &Offer) -> &'static str {
    let has_taxes = offer.elements.iter().any(|element| !element.taxes.is_empty());
    match offer.amounts {
        Amounts::IncludingTax => "YES",
        Amounts::ExcludingTax if has_taxes => "NO",
        Amounts::ExcludingTax => "N/A",
    }
}

/// How a tariff says that it is free of charge (Tariff object).
fn free() -> Value {
    json!([{"price_components": [{"type": "FLAT", "price": 0, "step_size": 1}]}])
}

fn alternative(offer: &Offer) -> Vec<Value> {
    let fits = |(language, text): &(String, String)| language.len() == 2 && text.chars().count() <= MAX_TEXT;
    let texts = texts_within(offer, 2).into_iter().filter(fits);
    texts.map(|(language, text)| json!({"language": language, "text": text})).collect()
}

/// Whole seconds, in UTC.
fn date_time(at: Timestamp) -> String {
    Timestamp::from_second(at.as_second()).unwrap_or(at).to_string()
}
