//! An offer as a tariff of another language.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};

/// What came of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Written {
    /// Null when it is not expressible.
    pub document: Value,
    pub fits: Fit,
    /// Where it differs, or may be read differently, for the offer's author.
    pub notes: Vec<String>,
}

/// How the document's prices stand to the offer's. Nothing is said of how its readers round: they are free to (OCPI 2.2.1,
/// mod_tariffs), so cents may differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fit {
    /// Every session costs the same.
    Exact,
    /// No session costs less than the offer says; some cost more.
    UpperBound,
    /// There is no document.
    NotExpressible,
}

/// Whose tariff it is, and which.
#[derive(Debug, Clone, Copy)]
pub struct Issuer<'a> {
    /// At most 36 printable ASCII characters in OCPI, 60 characters in OCPP.
    pub id: &'a str,
    /// Two letters (ISO 3166-1 alpha-2). OCPI only.
    pub country_code: &'a str,
    /// Three letters or digits. OCPI only.
    pub party_id: &'a str,
    /// OCPI only.
    pub last_updated: Timestamp,
    /// `None`: of every session. OCPI only.
    pub tariff_type: Option<TariffType>,
}

/// Of which sessions a tariff is (OCPI 2.2.1, TariffType).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TariffType {
    AdHocPayment,
    ProfileCheap,
    ProfileFast,
    ProfileGreen,
    Regular,
}

/// What is to be said of a document while it is written.
#[derive(Debug, Default)]
pub(super) struct Remarks {
    /// Why it comes to more.
    pub(super) bounds: Vec<String>,
    pub(super) notes: Vec<String>,
}

impl Remarks {
    pub(super) fn written(self, document: Value) -> Written {
        let Self { bounds: mut remarks, mut notes } = self;
        let fits = if remarks.is_empty() { Fit::Exact } else { Fit::UpperBound };
        remarks.append(&mut notes);
        Written { document, fits, notes: remarks }
    }
}

impl Written {
    pub(super) fn not_expressible(why: String) -> Self {
        Self { document: Value::Null, fits: Fit::NotExpressible, notes: vec![why] }
    }
}

impl TariffType {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AdHocPayment => "AD_HOC_PAYMENT",
            Self::ProfileCheap => "PROFILE_CHEAP",
            Self::ProfileFast => "PROFILE_FAST",
            Self::ProfileGreen => "PROFILE_GREEN",
            Self::Regular => "REGULAR",
        }
    }
}

/// As a JSON number, digit by digit. The readers of both languages take doubles, which hold 15 of them.
pub(super) fn number(decimal: Decimal) -> Value {
    let text = decimal.normalize().to_string();
    Value::Number(text.parse::<Number>().expect("a decimal is a number of JSON"))
}

/// `22:00`.
pub(super) fn time_of_day(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60 % 24, minute % 60)
}
