//! An offer for drivers, in words.

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use self::words::{LANGUAGES, Sign, Words};
use super::{Element, Offer, Per};
use crate::component::Component;
use crate::tax::{Amounts, Tax};
use crate::{Currency, plain};

mod phrases;
mod words;

use phrases::phrases;

/// The price per kWh, those per minute, the one per session, then the others: the order of Regulation (EU) 2023/1804,
/// Art. 5(4).
const ORDER: [Component; 5] =
    [Component::Energy, Component::ChargingTime, Component::IdleTime, Component::Fixed, Component::Reservation];

/// In the author's words, where there are some in this language (BCP 47), or else in ours: German, Spanish, French, Dutch, and
/// English for all others. One line.
pub fn text(offer: &Offer, language: &str) -> String {
    let text = own(offer, language).map_or_else(|| ours(offer, words(language)), str::to_owned);
    plain::shown(&text).into_owned()
}

/// As that language writes an amount of money.
pub fn money_text(amount: Decimal, currency: Currency, language: &str) -> String {
    words(language).money(amount, currency)
}

/// As that language writes a number.
pub fn decimal_text(number: Decimal, language: &str) -> String {
    words(language).decimal(number.normalize())
}

/// Language and text: the author's, then ours in the languages that the author does not speak.
fn texts(offer: &Offer) -> Vec<(String, String)> {
    let own = offer.texts.iter().map(|(language, text)| (language.clone(), text.clone()));
    let is_spoken = |words: &&&Words| own_language(offer, words.tag).is_some();
    let others = LANGUAGES.iter().filter(|words| !is_spoken(&words));
    let texts = own.chain(others.map(|words| (words.tag.to_owned(), ours(offer, words))));
    texts.map(|(language, text)| (language, plain::shown(&text).into_owned())).collect()
}

/// The same for readers whose tags have so many bytes at most: a longer tag is told as its language, `fr-CH` as `fr`, unless
/// that is there by itself.
pub(super) fn texts_within(offer: &Offer, longest: usize) -> Vec<(String, String)> {
    let mut told: Vec<(String, String)> = Vec::new();
    for (language, text) in texts(offer) {
        let language = if language.len() <= longest { language } else { primary(&language).to_ascii_lowercase() };
        if language.len() <= longest && !told.iter().any(|(known, _)| known.eq_ignore_ascii_case(&language)) {
            told.push((language, text));
        }
    }
    told
}

/// The very tag, or one of the same language.
fn own<'a>(offer: &'a Offer, language: &str) -> Option<&'a str> {
    let exact = offer.texts.iter().find(|(tag, _)| tag.eq_ignore_ascii_case(language)).map(|(_, text)| text.as_str());
    exact.or_else(|| own_language(offer, language))
}

fn own_language<'a>(offer: &'a Offer, language: &str) -> Option<&'a str> {
    let is_same = |tag: &str| primary(tag).eq_ignore_ascii_case(primary(language));
    offer.texts.iter().find(|(tag, _)| is_same(tag)).map(|(_, text)| text.as_str())
}

fn words(language: &str) -> &'static Words {
    let is_of = |words: &&Words| words.tag.eq_ignore_ascii_case(primary(language));
    LANGUAGES.iter().find(is_of).unwrap_or(&words::ENGLISH)
}

fn primary(tag: &str) -> &str {
    tag.split(['-', '_']).next().unwrap_or(tag)
}

fn ours(offer: &Offer, words: &Words) -> String {
    let mut parts: Vec<String> = ORDER.iter().flat_map(|component| of_component(offer, *component, words)).collect();
    let is_free = offer.elements.iter().all(|element| element.price.is_zero()) && offer.minimum.is_none();
    if is_free {
        parts = vec![words.free.to_owned()];
    }
    parts.extend(taxes(offer, words).filter(|_| !is_free));
    for (total, amount) in [(words.at_least, offer.minimum), (words.at_most, offer.cap.filter(|_| !is_free))] {
        parts.extend(amount.map(|amount| total.replace("{}", &words.money(amount, offer.currency))));
    }
    parts.join("; ")
}

/// No price behind one that is asked at any time.
fn of_component(offer: &Offer, component: Component, words: &Words) -> Vec<String> {
    let mut prices = Vec::new();
    for element in offer.of(component) {
        let price = price(element, offer.currency, words);
        let is_rest = element.when.is_none();
        prices.push(if is_rest && !prices.is_empty() { format!("{} {price}", words.otherwise) } else { price });
        if is_rest {
            break;
        }
    }
    prices
}

fn price(element: &Element, currency: Currency, words: &Words) -> String {
    let per = match (element.component, element.per) {
        (Component::Energy, _) => words.per_kwh,
        (Component::Fixed | Component::Adjustment | Component::Export, _) => words.per_session,
        (_, Per::Minute) => words.per_minute,
        (_, Per::Hour) => words.per_hour,
    };
    let of = match element.component {
        Component::ChargingTime => words.of_charging,
        Component::IdleTime => words.of_idling,
        Component::Reservation => words.of_reservation,
        _ => "",
    };
    let mut price = [words.money(element.price, currency).as_str(), per, of].join(" ").trim_end().to_owned();
    for (at, phrase) in phrases(element, words).into_iter().enumerate() {
        price.push_str(if at == 0 { " " } else { ", " });
        price.push_str(&phrase);
    }
    price
}

/// `None`: none is known.
fn taxes(offer: &Offer, words: &Words) -> Option<String> {
    let priced = offer.elements.iter().filter(|element| !element.price.is_zero());
    let sets: BTreeSet<&[Tax]> = priced.map(|element| element.taxes.as_slice()).collect();
    if sets.iter().all(|set| set.is_empty()) {
        return None;
    }
    let named = |tax: &Tax| {
        let name = if tax.name.is_empty() { words.vat } else { &tax.name };
        format!("{} % {name}", words.decimal(tax.percent.normalize()))
    };
    let taxes = match sets.iter().next() {
        Some(set) if sets.len() == 1 => set.iter().map(named).collect::<Vec<_>>().join(" + "),
        _ => words.tax.to_owned(),
    };
    let mark = if offer.amounts == Amounts::IncludingTax { words.including } else { words.plus };
    Some(mark.replace("{}", &taxes))
}

impl Words {
    /// With as many decimals as the currency has, or more where the price has them.
    fn money(&self, amount: Decimal, currency: Currency) -> String {
        let mut amount = amount.normalize();
        amount.rescale(amount.scale().max(currency.minor_digits()));
        let number = self.decimal(amount);
        match (self.sign, sign(currency)) {
            (Sign::Before, Some(sign)) => format!("{sign}{number}"),
            (Sign::Before | Sign::BeforeBlank, sign) => format!("{} {number}", sign.unwrap_or(currency.as_str())),
            (Sign::Behind, sign) => format!("{number} {}", sign.unwrap_or(currency.as_str())),
        }
    }

    fn decimal(&self, number: Decimal) -> String {
        number.to_string().replace('.', self.point)
    }
}

/// Where it is nobody else's.
fn sign(currency: Currency) -> Option<&'static str> {
    match currency.as_str() {
        "EUR" => Some("€"),
        "GBP" => Some("£"),
        _ => None,
    }
}
