//! What we ask of a station about prices (OCPP 2.0.1 and 2.1, block I; in 1.6 OCA's California Pricing Requirements): to show
//! them, or to charge by them itself.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::token::IdToken;
use crate::{Energy, TransactionId};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "price", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum PriceCommand {
    /// Show what a transaction costs by now, with all taxes (I02).
    Cost(CostShown),
    /// Show what it has cost (I03). Versions whose answer to the end tells it have no words for it.
    FinalCost {
        transaction: TransactionId,
        total: Decimal,
        /// The first for all who have no other.
        texts: Vec<PriceText>,
    },
    /// Show whoever has shown this token what it would cost. Versions whose answer to a token tells it have no words for it.
    UserPrice { token: IdToken, texts: Vec<PriceText> },
    /// Charge by this tariff there, whoever comes; 0: at each EVSE (2.1, I07).
    SetTariff { evse: u32, tariff: Value },
    /// Forget this tariff there, or wherever it is (2.1, I10). A transaction keeps the one that it has.
    ClearTariff { evse: Option<u32>, id: String },
    /// Say which tariffs there are (2.1, I09).
    Tariffs,
}

/// What a transaction costs, and what a station needs to count on by itself until it hears more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CostShown {
    pub transaction: TransactionId,
    pub total: Decimal,
    /// The moment for which it was computed.
    pub at: Timestamp,
    /// The register then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub register: Option<Energy>,
    /// The vehicle takes nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_idle: bool,
    #[serde(default, skip_serializing_if = "UnitPrices::is_none")]
    pub prices: UnitPrices,
}

/// Prices that are the same over the whole bill, with all taxes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UnitPrices {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_kwh: Option<Decimal>,
    /// Of charging.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_hour: Option<Decimal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub once: Option<Decimal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_idle_hour: Option<Decimal>,
}

impl UnitPrices {
    /// For serde.
    fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// One line for a display.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceText {
    /// BCP 47.
    pub language: String,
    pub text: String,
}
