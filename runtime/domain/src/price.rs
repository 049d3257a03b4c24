//! Prices, and who computed them.

use std::sync::Arc;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::Currency;
use crate::line::Line;

/// A price that stands: validated and rounded by the host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Price {
    pub currency: Currency,
    /// The sum of the rounded lines.
    pub total: Decimal,
    pub lines: Vec<Line>,
    /// The moment for which it was computed.
    pub at: Timestamp,
    pub next_change_at: Option<Timestamp>,
    pub is_final: bool,
    pub priced_by: Arc<PricedBy>,
    /// The modifiers that added a line, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub modified_by: Vec<Arc<PricedBy>>,
    /// The modifiers of the session that failed, and nothing stood in for them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
}

/// Who computed a price, or changed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PricedBy {
    /// The unit's id, or `static-tariff` for the configured last resort.
    pub unit: String,
    pub version: String,
    /// SHA-256 over the unit's files; empty for the static tariff.
    pub hash: String,
    /// True: not the pinned unit but its declared fallback, or what it was told of its hours is an estimate.
    pub fallback: bool,
}

impl PricedBy {
    /// What stands for a unit where the configuration's static tariff prices.
    pub const STATIC_TARIFF: &str = "static-tariff";
}

impl Price {
    /// The configuration's static tariff stands for every unit.
    pub fn is_static(&self) -> bool {
        self.priced_by.unit == PricedBy::STATIC_TARIFF && self.left_out.is_empty()
    }

    /// Some unit of its chain could not be asked: it must be looked at.
    pub fn is_doubtful(&self) -> bool {
        self.priced_by.fallback || !self.left_out.is_empty() || self.modified_by.iter().any(|by| by.fallback)
    }
}
