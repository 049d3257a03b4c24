//! The pricing hook's contract: what does this session cost, now?
//!
//! The same input and output serve Rhai scripts, WASM components, fixtures, the decision log and replay. In JSON,
//! decimals are strings, so that no reader rounds them.

mod form;

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::event::ChargingState;
use crate::place::{Place, Plug};
use crate::tax::Amounts;
use crate::{Currency, Energy, line};

pub use crate::line::{Line, OutputLine, Span};
pub use crate::pin::{Pin, PinnedUnit};
pub use crate::price::{Price, PricedBy};

/// Everything a tariff may know. It is a pure function of this.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", from = "form::Form")]
#[schemars(!from)]
pub struct PricingInput {
    /// The moment of the decision.
    pub now: Timestamp,
    pub purpose: Purpose,
    pub session: SessionFacts,
    pub station: StationFacts,
    pub token: Option<TokenFacts>,
    /// Ascending, gapless, at most [`crate::timeline::Timeline::MAX_PERIODS`], each within one stretch of the tariff's clock.
    pub periods: Vec<PricingPeriod>,
    /// The unit's parameters with the operator's values, as its manifest declares them.
    #[serde(default)]
    pub parameters: Parameters,
}

pub use crate::parameters::Parameters;

/// What the price is wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// Nothing has begun: what would a session like this one cost?
    Quote,
    /// The session runs.
    Running,
    /// It has ended, and this is its bill.
    Final,
    /// It was billed, and something that was not known then is.
    Correction,
}

impl Purpose {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Quote => "quote",
            Self::Running => "running",
            Self::Final => "final",
            Self::Correction => "correction",
        }
    }

    /// A bill is made of it.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Final | Self::Correction)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionFacts {
    pub id: String,
    pub started_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    #[serde(rename = "energyWh")]
    pub energy: Energy,
    /// What the vehicle gave back; nothing of it is taken off the energy.
    #[serde(rename = "exportedWh", default, skip_serializing_if = "Energy::is_zero")]
    pub exported: Energy,
    /// From the start to the end, or to now.
    pub duration_s: i64,
    /// IANA name; weekdays and minutes of the periods are local to it.
    pub time_zone: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StationFacts {
    pub id: String,
    pub location: Option<String>,
    pub vendor: String,
    pub model: String,
    pub evse: u32,
    pub connector: u32,
    /// What is known of that connector.
    #[serde(default, skip_serializing_if = "Plug::is_unknown")]
    pub plug: Plug,
    /// What the operator says of the place.
    #[serde(default, skip_serializing_if = "Place::is_unknown")]
    pub place: Place,
}

/// A price may depend on the kind of token and its group, never on who holds it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TokenFacts {
    #[serde(rename = "type")]
    pub kind: String,
    pub group: Option<String>,
    /// Whose customer it is, where its id says so: `DE-8AA`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PricingPeriod {
    pub started_at: Timestamp,
    pub ended_at: Timestamp,
    pub duration_s: i64,
    #[serde(rename = "energyWh")]
    pub energy: Energy,
    /// What the vehicle gave back in it: what came between two readings is spread evenly.
    #[serde(rename = "exportedWh", default, skip_serializing_if = "Energy::is_zero")]
    pub exported: Energy,
    pub state: ChargingState,
    /// Local date at the start.
    pub date: Date,
    /// Local weekday at the start: 1 Monday to 7 Sunday (ISO 8601).
    #[schemars(range(min = 1, max = 7))]
    pub weekday: u8,
    /// Local minute of the day at the start: 0 to 1439.
    #[schemars(range(min = 0, max = 1439))]
    pub minute_of_day: u16,
}

/// What a unit returns. Nothing in it is trusted before it is validated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PricingOutput {
    pub currency: Currency,
    /// Of all lines.
    #[serde(default)]
    pub amounts: Amounts,
    pub lines: Vec<OutputLine>,
    /// When the price changes even if nothing else happens.
    #[serde(default)]
    pub next_change_at: Option<Timestamp>,
}

impl PricingOutput {
    /// Nothing but these lines, whose amounts have their taxes in them.
    pub const fn new(currency: Currency, lines: Vec<OutputLine>) -> Self {
        Self { currency, amounts: Amounts::IncludingTax, lines, next_change_at: None }
    }

    pub const MAX_LINES: usize = line::MAX_LINES;
    pub const MAX_TEXT: usize = line::MAX_TEXT;

    /// Checks what a unit returned to this question and rounds it. The error says what is wrong, for the unit's author.
    pub fn into_price(self, question: &PricingInput, priced_by: Arc<PricedBy>) -> Result<Price, String> {
        let Self { currency, amounts, lines, next_change_at } = self;
        if !currency.is_money() {
            return Err(format!("{currency} is no currency of ISO 4217"));
        }
        let lines = line::checked(lines, 0, currency, question)?;
        let (total, taxes) = line::total(&lines, amounts, currency, &question.session)?;
        Ok(Price {
            currency,
            total,
            amounts,
            taxes,
            lines,
            at: question.now,
            next_change_at,
            is_final: question.purpose.is_final(),
            priced_by,
            modified_by: Vec::new(),
            left_out: Vec::new(),
        })
    }
}
