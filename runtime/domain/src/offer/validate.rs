//! What an offer may say. Every error is for the unit's author.

use rust_decimal::Decimal;

use super::{Conditions, Element, Offer, Per};
use crate::component::Component;
use crate::tax::Tax;

/// Of prices, minimum and cap.
const MAX_PRICE: Decimal = Decimal::from_parts(1_000_000, 0, 0, false, 0);
pub(super) const DECIMALS: u32 = 6;
const MAX_STEP: u32 = 1_000_000;
/// Bytes of a language's tag.
const MAX_TAG: usize = 35;

impl Offer {
    pub fn validate(&self) -> Result<(), String> {
        if !self.currency.is_money() {
            return Err(format!("{} is no currency of ISO 4217", self.currency));
        }
        let (count, most) = (self.elements.len(), Self::MOST_ELEMENTS);
        if count > most {
            return Err(format!("{count} elements; at most {most} are accepted"));
        }
        for (at, element) in self.elements.iter().enumerate() {
            element.validate().map_err(|why| format!("element {at}: {why}"))?;
        }
        for (name, amount) in [("minimum", self.minimum), ("cap", self.cap)] {
            amount.map_or(Ok(()), |amount| check_price(name, amount))?;
        }
        if let (Some(minimum), Some(cap)) = (self.minimum, self.cap)
            && minimum > cap
        {
            return Err(format!("the minimum of {minimum} is above the cap of {cap}"));
        }
        self.validate_texts()
    }

    fn validate_texts(&self) -> Result<(), String> {
        let (count, most) = (self.texts.len(), Self::MOST_TEXTS);
        if count > most {
            return Err(format!("texts in {count} languages; at most {most} are accepted"));
        }
        for (tag, text) in &self.texts {
            if !is_tag(tag) {
                return Err(format!("{tag:?} is no language: a tag as in BCP 47, de or fr-CH for instance"));
            }
            if text.is_empty() || text.len() > Self::MAX_TEXT {
                return Err(format!(
                    "the text in {tag} has {} bytes; 1 to {} are accepted",
                    text.len(),
                    Self::MAX_TEXT
                ));
            }
        }
        Ok(())
    }
}

impl Element {
    fn validate(&self) -> Result<(), String> {
        let component = self.component.as_str();
        if self.component == Component::Adjustment {
            return Err("an adjustment is no price; say it as the offer's minimum or cap".to_owned());
        }
        if self.component == Component::Export {
            return Err(
                "an offer says what is charged; what is paid for energy given back is the price's alone".to_owned()
            );
        }
        check_price("price", self.price)?;
        if self.per == Per::Minute && !self.is_time() {
            return Err(format!("a price of {component} is not per minute"));
        }
        match self.step {
            Some(_) if self.component == Component::Fixed => return Err("a fixed price has no step".to_owned()),
            Some(step) if !(1..=MAX_STEP).contains(&step) => {
                return Err(format!("a step of {step}; 1 to {MAX_STEP} are accepted"));
            }
            _ => {}
        }
        if matches!(self.component, Component::Fixed | Component::Reservation) && self.when.is_of_session() {
            return Err(format!(
                "{component} is asked before anything is measured: only weekdays, minutes and dates count"
            ));
        }
        Tax::validate(&self.taxes)?;
        self.when.validate()
    }
}

impl Conditions {
    fn validate(&self) -> Result<(), String> {
        for (at, day) in self.weekdays.iter().enumerate() {
            if !(1..=7).contains(day) {
                return Err(format!("weekday {day}; 1 (Monday) to 7 (Sunday) are accepted"));
            }
            if self.weekdays[..at].contains(day) {
                return Err(format!("weekday {day} is said twice"));
            }
        }
        for minute in [self.from_minute, self.until_minute].into_iter().flatten() {
            if minute > 1_439 {
                return Err(format!(
                    "minute {minute} of a day; 0 to 1439 are accepted, and 0 is midnight at either end"
                ));
            }
        }
        if let (Some(from), Some(until)) = (self.from_date, self.until_date)
            && until <= from
        {
            return Err(format!("untilDate {until} is not after fromDate {from}"));
        }
        for (unit, from, until) in [
            ("Wh", self.from_wh, self.until_wh),
            ("S", self.from_s, self.until_s),
            ("IdleS", self.from_idle_s, self.until_idle_s),
            ("W", self.from_w, self.until_w),
        ] {
            let until = until.filter(|until| *until <= from.unwrap_or(0));
            if let Some(until) = until {
                return Err(format!("until{unit} {until} is not above from{unit} {}", from.unwrap_or(0)));
            }
        }
        Ok(())
    }
}

fn check_price(name: &str, price: Decimal) -> Result<(), String> {
    let is_sane = !price.is_sign_negative() || price.is_zero();
    if !is_sane || price > MAX_PRICE || price.normalize().scale() > DECIMALS {
        return Err(format!("{name} {price}; 0 to {MAX_PRICE} with at most {DECIMALS} decimals are accepted"));
    }
    Ok(())
}

fn is_tag(tag: &str) -> bool {
    let is_part = |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let language = tag.split('-').next().unwrap_or_default();
    let is_language = (2..=3).contains(&language.len()) && language.bytes().all(|byte| byte.is_ascii_alphabetic());
    tag.len() <= MAX_TAG && is_language && tag.split('-').all(is_part)
}
