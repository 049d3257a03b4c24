//! What an offer is worth: how it stands to the tariff's own code, for sessions of all kinds.

use std::fmt;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Serialize;

use super::{Fit, Offer};

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Proof {
    /// Exact: the bill is the offer. An upper bound: the bill is never more. Not expressible: some bills are more, so that the
    /// offer must not be shown as a price.
    pub fits: Fit,
    /// Sessions that were priced both ways.
    pub compared: usize,
    /// The session that costs most beyond its offer, where any does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub less: Option<Differs>,
    /// The session that costs least below its offer, where any does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub more: Option<Differs>,
}

/// A session for which offer and code say different things.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Differs {
    pub started_at: Timestamp,
    /// What happened: `11 kWh in 60 min, then 20 min idle`.
    pub course: String,
    pub offered: Decimal,
    pub billed: Decimal,
}

/// An offer, and what it is worth.
#[derive(Debug, Clone, PartialEq)]
pub struct Proven {
    pub offer: Offer,
    pub proof: Proof,
}

/// What the units of an occasion offer.
#[derive(Debug, Clone, PartialEq)]
pub struct Offered {
    /// The tariff that was asked, its version and its hash.
    pub unit: String,
    pub version: String,
    pub hash: String,
    /// When that version was taken in, where a unit prices.
    pub since: Option<Timestamp>,
    /// Those that change its bill afterwards. Nobody can say of them what they charge: ask for a quote.
    pub modifiers: Vec<String>,
    /// Tariffs that price there at other hours of the time that was asked about.
    pub others: Vec<String>,
    /// The error: why there is no offer, for people.
    pub proven: Result<Proven, String>,
}

impl Proof {
    /// Of sessions that were not compared yet.
    pub const fn begin() -> Self {
        Self { fits: Fit::NotExpressible, compared: 0, less: None, more: None }
    }

    pub fn take(&mut self, differs: Differs) {
        self.compared += 1;
        let (offered, billed) = (differs.offered, differs.billed);
        let by = |known: &Option<Differs>| {
            known.as_ref().map_or(Decimal::ZERO, |known| (known.billed - known.offered).abs())
        };
        if billed - offered > by(&self.less) {
            self.less = Some(differs);
        } else if offered - billed > by(&self.more) {
            self.more = Some(differs);
        }
        self.fits = match (&self.less, &self.more) {
            (Some(_), _) => Fit::NotExpressible,
            (None, Some(_)) => Fit::UpperBound,
            (None, None) => Fit::Exact,
        };
    }
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.fits, &self.less, &self.more) {
            (_, Some(less), _) => write!(f, "the offer asks less than the bill: {less}"),
            (Fit::UpperBound, None, Some(more)) => {
                write!(f, "no bill is more than the offer, and some are less: {more}")
            }
            _ if self.compared == 0 => f.write_str("no session could be priced, so nothing is known of the offer"),
            _ => write!(f, "every bill is as offered ({} sessions were priced both ways)", self.compared),
        }
    }
}

impl fmt::Display for Differs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { started_at, course, offered, billed } = self;
        write!(f, "{course}, from {started_at} on, is offered for {offered} and billed {billed}")
    }
}
