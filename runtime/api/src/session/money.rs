//! The parts of a price, with decimals as text.

use amprule_domain::pricing::{Line, PricedBy};
use serde::Serialize;
use utoipa::ToSchema;

/// One line of a bill.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LineView {
    /// A short stable word: `energy`, `idle`, `session`, `minimum`, `cap`, …
    #[schema(example = "energy")]
    code: String,
    description: String,
    /// A decimal.
    #[schema(required, example = "11.45")]
    quantity: Option<String>,
    #[schema(required, example = "kWh")]
    unit: Option<String>,
    /// A decimal.
    #[schema(required, example = "0.45")]
    unit_price: Option<String>,
    /// A decimal, rounded to the currency's minor unit.
    #[schema(example = "5.15")]
    amount: String,
    /// As the unit returned it.
    #[schema(example = "5.1525")]
    unrounded: String,
}

impl From<Line> for LineView {
    fn from(line: Line) -> Self {
        let text = |decimal: Option<rust_decimal::Decimal>| decimal.map(|decimal| decimal.to_string());
        Self {
            code: line.code,
            description: line.description,
            quantity: text(line.quantity),
            unit: line.unit,
            unit_price: text(line.unit_price),
            amount: line.amount.to_string(),
            unrounded: line.unrounded.to_string(),
        }
    }
}

/// Who computed a price.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PricedByView {
    /// The unit's id, or `static-tariff` for the configured last resort.
    unit: String,
    version: String,
    /// SHA-256 over the unit's files; empty for the static tariff.
    hash: String,
    /// True: not the pinned unit but its declared fallback.
    fallback: bool,
}

impl From<&PricedBy> for PricedByView {
    fn from(by: &PricedBy) -> Self {
        let PricedBy { unit, version, hash, fallback } = by.clone();
        Self { unit, version, hash, fallback }
    }
}
