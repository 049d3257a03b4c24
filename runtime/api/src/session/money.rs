//! The parts of a price, with decimals as text.

use std::collections::BTreeMap;

use amprule_domain::Timestamp;
use amprule_domain::component::Component;
use amprule_domain::pricing::{Line, PricedBy, Span};
use amprule_domain::tax::{Tax, TaxTotal};
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
    /// What it is for: `energy`, `charging-time`, `idle-time`, `fixed`, `reservation`, `adjustment`; null where the unit does not
    /// say it.
    #[schema(required, example = "energy")]
    component: Option<&'static str>,
    /// The taxes of the amount. What they come to is said of all lines together.
    taxes: Vec<TaxView>,
    /// The description in other languages, by their tags (BCP 47).
    texts: BTreeMap<String, String>,
    /// The times that it is about, where the unit says so.
    during: Vec<SpanView>,
}

/// A tax on a line.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TaxView {
    #[schema(example = "VAT")]
    name: String,
    /// A decimal: 19 is 19 % of the net amount.
    #[schema(example = "19")]
    percent: String,
    /// Which kind of supply it is, a code of EN 16931 (UNCL 5305): `S`, `Z`, `E`, `AE`, `O`; null where nobody says it.
    #[schema(required)]
    category: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SpanView {
    #[schema(value_type = String, format = DateTime)]
    from: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    to: Timestamp,
}

/// What one tax comes to over all lines.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TaxTotalView {
    #[schema(example = "VAT")]
    name: String,
    /// A decimal: 19 is 19 % of the net amount.
    #[schema(example = "19")]
    percent: String,
    /// A code of EN 16931 (UNCL 5305); null where nobody says it.
    #[schema(required)]
    category: Option<String>,
    /// What it is a part of.
    #[schema(example = "10.37")]
    net: String,
    #[schema(example = "1.97")]
    amount: String,
}

impl From<&TaxTotal> for TaxTotalView {
    fn from(total: &TaxTotal) -> Self {
        let TaxTotal { tax: Tax { name, percent, category }, net, amount } = total;
        let (percent, net, amount) = (percent.normalize().to_string(), net.to_string(), amount.to_string());
        Self { name: name.clone(), percent, category: category.clone(), net, amount }
    }
}

impl From<Tax> for TaxView {
    fn from(tax: Tax) -> Self {
        Self { name: tax.name, percent: tax.percent.normalize().to_string(), category: tax.category }
    }
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
            component: line.component.map(Component::as_str),
            taxes: line.taxes.into_iter().map(TaxView::from).collect(),
            texts: line.texts,
            during: line.during.into_iter().map(|Span { from, to }| SpanView { from, to }).collect(),
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
