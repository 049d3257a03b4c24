//! Tokens: what a driver shows to be let in.

use jiff::Timestamp;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Currency;
use crate::contract::Contract;
use crate::energy_transfer::EnergyTransfer;

/// A token as a station presents it (OCPP 2.0.1, IdTokenType). The text is compared without regard to case (OCPP 1.6, 4.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IdToken {
    pub id_token: String,
    /// An open set: `ISO14443`, `eMAID`, `Central`, `KeyCode`, `Local`, `NoAuthorization`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// What the station says of it besides: the car's EVCCID, the last digits of a bank card. Not compared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub additional: Vec<AdditionalInfo>,
}

/// OCPP 2.0.1, AdditionalInfoType.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AdditionalInfo {
    pub additional_id_token: String,
    /// An open set: `EVCCID`, `CardLast4Digits`, …
    #[serde(rename = "type")]
    pub kind: String,
}

impl IdToken {
    /// Of one token; what is beyond is not kept.
    pub const MOST_ADDITIONAL: usize = 8;

    pub fn new(id_token: impl Into<String>, kind: impl Into<String>) -> Self {
        Self { id_token: id_token.into(), kind: kind.into(), additional: Vec::new() }
    }

    /// Nobody shows a token there: a button starts the session (OCPP 2.0.1, C02).
    pub const NO_AUTHORIZATION: &str = "NoAuthorization";
    /// The reference of a payment at the station's own terminal (OCPP 2.1, C18): the station has let its driver in.
    pub const DIRECT_PAYMENT: &str = "DirectPayment";
    /// The kind of a token whose version of OCPP has no kinds, until the operator's books say which it is.
    pub const UNTYPED: &str = "";
    /// What such a token is when the books do not know it: RFID cards are what idTags were made for.
    pub const UNTYPED_IS: &str = "ISO14443";

    /// The same token with the kind that it has in the books, where it came without one.
    #[must_use]
    pub fn typed(self, known: Option<&str>) -> Self {
        let kind = match self.kind.as_str() {
            Self::UNTYPED => known.unwrap_or(Self::UNTYPED_IS).to_owned(),
            _ => self.kind,
        };
        Self { kind, ..self }
    }

    /// OCPP 2.0.1 C01.FR.25: text and kind make a token. One without a kind is known by its text. A contract's id is the same
    /// however its parts are separated, and whether or not it has its check digit.
    pub fn is_shown_as(&self, shown: &Self) -> bool {
        let is_contract = self.kind.eq_ignore_ascii_case(Contract::KIND);
        let is_same = self.key() == shown.key() || is_contract && Contract::is_same(&self.id_token, &shown.id_token);
        is_same && (shown.kind == Self::UNTYPED || self.kind.eq_ignore_ascii_case(&shown.kind))
    }

    /// The same where nobody tells kinds.
    pub fn has_text_of(&self, other: &Self) -> bool {
        let untyped = |token: &Self| Self::new(&*token.id_token, Self::UNTYPED);
        self.is_shown_as(&untyped(other)) || other.is_shown_as(&untyped(self))
    }

    /// The form under which the token is stored and compared.
    pub fn key(&self) -> String {
        self.id_token.to_uppercase()
    }
}

impl TokenRecord {
    /// Stations may go on accepting what is not accepted any more.
    pub fn was_lost(&self, now_is: Option<&Self>, now: Timestamp) -> bool {
        let stands =
            |record: &Self| record.status == TokenStatus::Accepted && record.expires_at.is_none_or(|until| until > now);
        stands(self) && !now_is.is_some_and(stands)
    }
}

/// What the operator knows about a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenRecord {
    pub id_token: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub status: TokenStatus,
    #[serde(default)]
    pub group: Option<String>,
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
    #[serde(default)]
    pub budget: Option<Budget>,
    /// What its holder reads, BCP 47: displays that have it speak it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// The only ways in which its holder's car may be given energy, and give it back (2.1, Q01). Empty: as car and station agree.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub energy_transfer: Vec<EnergyTransfer>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TokenStatus {
    Accepted,
    Blocked,
    Expired,
    Invalid,
}

impl TokenStatus {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Blocked => "blocked",
            Self::Expired => "expired",
            Self::Invalid => "invalid",
        }
    }
}

/// What a token may spend in a period. Counted over the totals of its sessions that began in the period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Budget {
    pub amount: Decimal,
    pub currency: Currency,
    #[serde(default)]
    pub period: BudgetPeriod,
}

/// Calendar periods in the station's time zone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum BudgetPeriod {
    Day,
    #[default]
    Month,
    Total,
}
