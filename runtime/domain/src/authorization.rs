//! The authorization hook's contract: may this token charge here, now, and how much?

use std::collections::BTreeMap;

use jiff::Timestamp;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::contract::Contract;
use crate::line::check_texts;
use crate::lookup::Known;
use crate::pricing::{Parameters, StationFacts};
use crate::reply::AuthorizationStatus;
use crate::token::BudgetPeriod;
use crate::token::TokenStatus;
use crate::{Currency, Energy};

/// Everything a policy may know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuthorizationInput {
    pub now: Timestamp,
    pub purpose: Purpose,
    pub station: StationFacts,
    pub token: PresentedToken,
    pub local: LocalTime,
    /// Open sessions of this token, anywhere; not those that seem to be over.
    pub open_sessions: u32,
    /// The place is kept for somebody, as far as it is known where the token wants to charge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reservation: Option<PlaceKept>,
    /// What other systems have said, for the unit that wanted to know it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lookups: Vec<Known>,
    /// The unit's parameters with the operator's values, as its manifest declares them.
    #[serde(default)]
    pub parameters: Parameters,
}

/// A reservation that the token meets. Whose it is, if not its own, is nobody's business.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlaceKept {
    pub id: i64,
    /// It is kept for this token, or for its group.
    pub yours: bool,
    pub expires_at: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// The driver shows the token; nothing has begun.
    Authorize,
    /// A transaction starts with it.
    Start,
}

/// The token as shown, and what the operator knows about it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PresentedToken {
    pub id_token: String,
    #[serde(rename = "type")]
    pub kind: String,
    /// Where the id is a contract's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<Contract>,
    /// `None`: the operator does not know this token.
    pub status: Option<TokenStatus>,
    pub group: Option<String>,
    pub expires_at: Option<Timestamp>,
    pub budget: Option<BudgetFacts>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BudgetFacts {
    pub amount: Decimal,
    pub currency: Currency,
    pub period: BudgetPeriod,
    /// The totals of this token's sessions that began in the present period.
    pub spent: Decimal,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LocalTime {
    /// IANA name of the station's zone.
    pub time_zone: String,
    /// 1 Monday to 7 Sunday (ISO 8601).
    #[schemars(range(min = 1, max = 7))]
    pub weekday: u8,
    #[schemars(range(min = 0, max = 1439))]
    pub minute_of_day: u16,
    /// `2026-11-21`
    pub date: String,
}

/// What a unit returns. Nothing in it is trusted before it is validated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuthorizationOutput {
    pub verdict: Opinion,
    /// Why, for a rejection: a word of OCPP 2.0.1 AuthorizationStatusEnumType, `NotAtThisTime` for instance.
    #[serde(default)]
    pub reason: Option<AuthorizationStatus>,
    /// Shown to the driver where the station can.
    #[serde(default)]
    pub message: Option<String>,
    /// The message in other languages, by their tags (BCP 47).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub messages: BTreeMap<String, String>,
    #[serde(default)]
    pub limits: Limits,
    /// How long the station may remember an acceptance.
    #[serde(default)]
    pub cache_s: Option<u32>,
    /// Price with this unit instead of the usual one.
    #[serde(default)]
    pub tariff: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Opinion {
    Accept,
    Reject,
    NoOpinion,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Limits {
    #[serde(default, rename = "maxEnergyWh")]
    pub max_energy: Option<Energy>,
    #[serde(default)]
    pub max_duration_s: Option<u64>,
    #[serde(default)]
    pub max_cost: Option<Decimal>,
}

impl AuthorizationOutput {
    /// Characters, as displays count them (OCPP 2.0.1, MessageContentType).
    pub const MAX_MESSAGE: usize = 512;

    pub const fn no_opinion() -> Self {
        Self {
            verdict: Opinion::NoOpinion,
            reason: None,
            message: None,
            messages: BTreeMap::new(),
            limits: Limits { max_energy: None, max_duration_s: None, max_cost: None },
            cache_s: None,
            tariff: None,
        }
    }

    /// The error says what is wrong, for the unit's author.
    pub fn validate(&self) -> Result<(), String> {
        if self.verdict == Opinion::Reject && self.reason == Some(AuthorizationStatus::Accepted) {
            return Err("a rejection cannot have the reason Accepted".to_owned());
        }
        if self.message.as_ref().is_some_and(|message| message.chars().count() > Self::MAX_MESSAGE) {
            return Err(format!("message is longer than {} characters", Self::MAX_MESSAGE));
        }
        check_texts(&self.messages, 4 * Self::MAX_MESSAGE)?;
        if self.limits.max_energy.is_some_and(|energy| energy < Energy::ZERO) {
            return Err("limits.maxEnergyWh is negative".to_owned());
        }
        if self.limits.max_cost.is_some_and(|cost| cost.is_sign_negative()) {
            return Err("limits.maxCost is negative".to_owned());
        }
        Ok(())
    }
}
