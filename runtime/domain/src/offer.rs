//! The offer: what a tariff says that it charges at a place, in neutral elements.
//!
//! A tariff is code, and nobody can read a price off code. So it may say what it charges as well: the offer is shown before a
//! session starts, is priced against the tariff's own code ([`Offer::price`]), and is written as the tariffs that others
//! understand: [`ocpp21`], [`ocpi221`], [`ocpi230`], and [`text`] for drivers. It is a promise, not the bill.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::Currency;
use crate::component::Component;
use crate::tax::{Amounts, Tax};

mod bound;
mod conditions;
mod id;
mod ocpi;
mod ocpp;
mod pieces;
mod price;
mod proof;
mod question;
mod taxed;
mod text;
mod validate;
mod written;

#[cfg(test)]
mod tests;

pub use conditions::Conditions;
pub use id::{is_tariff_id, tariff_id};
pub use ocpi::{ocpi221, ocpi230};
pub use ocpp::ocpp21;
pub use proof::{Differs, Offered, Proof, Proven};
pub use question::OfferInput;
pub use text::{decimal_text, money_text, text};
pub use written::{Fit, Issuer, TariffType, Written};

/// For each component on its own, and at each instant, the first of its elements whose conditions hold gives the price; when
/// none holds, the component costs nothing then. So do OCPI 2.2.1 (Tariff object) and OCPP 2.1 (TariffType) choose among
/// their prices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Offer {
    pub currency: Currency,
    /// Of the elements' prices.
    #[serde(default)]
    pub amounts: Amounts,
    /// At most [`Offer::MOST_ELEMENTS`]. None: charging is free.
    #[serde(default)]
    pub elements: Vec<Element>,
    /// The least that a session costs, with all taxes, whatever `amounts` says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum: Option<Decimal>,
    /// The most that a session costs, with all taxes, whatever `amounts` says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<Decimal>,
    /// The author's own words by BCP 47 tag (`de`, `fr-CH`). They stand in place of ours.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub texts: BTreeMap<String, String>,
    /// Until then the offer stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_change_at: Option<Timestamp>,
}

/// One price, and when it is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Element {
    /// All but an adjustment.
    pub component: Component,
    /// Per kWh of energy, per hour (or as `per` says) of time, per session where it is fixed. 0 to 1,000,000, at most 6
    /// decimals.
    pub price: Decimal,
    #[serde(default, skip_serializing_if = "Per::is_hour")]
    pub per: Per,
    /// Wh of energy, or seconds of time: what a session takes at this price is rounded up to a multiple.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<u32>,
    /// At most [`Tax::MOST`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub taxes: Vec<Tax>,
    #[serde(default, skip_serializing_if = "Conditions::is_none")]
    pub when: Conditions,
}

/// What time a price of time is for. It stays as the author says it: most prices of an hour are none of a minute without
/// being rounded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Per {
    #[default]
    Hour,
    Minute,
}

impl Offer {
    pub const MOST_ELEMENTS: usize = 64;
    pub const MOST_TEXTS: usize = 8;
    /// Bytes of each text.
    pub const MAX_TEXT: usize = 1_024;

    /// The error: why no other language has words for it. Theirs is the power of each moment, which may cost more or less.
    fn sayable(&self) -> Result<(), String> {
        let of_power = |element: &Element| element.when.from_w.is_some() || element.when.until_w.is_some();
        match self.elements.iter().any(of_power) {
            true => {
                Err("its prices depend on the average power of a stretch; others mean that of each moment".to_owned())
            }
            false => Ok(()),
        }
    }

    /// Those of one component, in their order.
    fn of(&self, component: Component) -> impl Iterator<Item = &Element> {
        self.elements.iter().filter(move |element| element.component == component)
    }
}

impl Element {
    fn is_time(&self) -> bool {
        matches!(self.component, Component::ChargingTime | Component::IdleTime | Component::Reservation)
    }
}

impl Per {
    pub const fn seconds(self) -> i64 {
        match self {
            Self::Hour => 3_600,
            Self::Minute => 60,
        }
    }

    /// For serde.
    fn is_hour(&self) -> bool {
        *self == Self::Hour
    }
}
