//! Prices, and who computed them.

use std::sync::Arc;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::Currency;
use crate::line::Line;
use crate::tax::{Amounts, TaxTotal};

/// A price that stands: validated and rounded by the host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Price {
    pub currency: Currency,
    /// What the driver pays: the sum of the rounded lines, and of the taxes where they come on top.
    pub total: Decimal,
    /// Whether the lines have their taxes in them.
    #[serde(default, skip_serializing_if = "Amounts::is_default")]
    pub amounts: Amounts,
    /// The taxes of all lines, rounded. Empty: no line names one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub taxes: Vec<TaxTotal>,
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
    /// A total without lines.
    pub const fn plain(
        currency: Currency,
        total: Decimal,
        at: Timestamp,
        is_final: bool,
        priced_by: Arc<PricedBy>,
    ) -> Self {
        Self {
            currency,
            total,
            amounts: Amounts::IncludingTax,
            taxes: Vec::new(),
            lines: Vec::new(),
            at,
            next_change_at: None,
            is_final,
            priced_by,
            modified_by: Vec::new(),
            left_out: Vec::new(),
        }
    }

    /// What comes on top of the lines: the taxes, where they are not in them.
    pub fn tax_on_top(&self) -> Decimal {
        match self.amounts {
            Amounts::IncludingTax => Decimal::ZERO,
            Amounts::ExcludingTax => self.taxes.iter().map(|total| total.amount).sum(),
        }
    }

    /// The configuration's static tariff stands for every unit.
    pub fn is_static(&self) -> bool {
        self.priced_by.unit == PricedBy::STATIC_TARIFF && self.left_out.is_empty()
    }

    /// Some unit of its chain could not be asked: it must be looked at.
    pub fn is_doubtful(&self) -> bool {
        self.priced_by.fallback || !self.left_out.is_empty() || self.modified_by.iter().any(|by| by.fallback)
    }
}
