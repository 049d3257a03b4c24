//! What a station says of a session's money.

use amprule_domain::Timestamp;
use amprule_domain::cost::{OwnCost, Settlement, StationMoney};
use amprule_domain::reply::TransactionLimit;
use serde::Serialize;
use utoipa::ToSchema;

/// What a station that charges by itself, or has a terminal, says of a session's money. Amounts are decimals as text.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StationMoneyView {
    /// The id of the tariff that it named last.
    #[schema(required)]
    tariff: Option<String>,
    /// What it has computed. Where that is another amount than `total`, the session has the mark `station-cost-differs`.
    #[schema(required)]
    cost: Option<OwnCostView>,
    /// At which it ends the session itself: what is held on a card, or the driver's own choice (2.1 transactionLimit).
    #[schema(required)]
    limit: Option<LimitView>,
    /// Payments at its terminal, oldest first, each of another reference.
    settlements: Vec<SettlementView>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LimitView {
    /// In the station's currency.
    #[schema(required, example = "50")]
    max_cost: Option<String>,
    /// Wh
    #[schema(required, example = "40000")]
    max_energy: Option<String>,
    #[schema(required)]
    max_time_s: Option<u64>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OwnCostView {
    currency: String,
    #[schema(required, example = "14.27")]
    with_tax: Option<String>,
    #[schema(required)]
    without_tax: Option<String>,
    /// Why it could not; null where it could.
    #[schema(required)]
    failed: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SettlementView {
    /// The payment provider's.
    reference: String,
    /// `Settled`, `Canceled`, `Rejected` or `Failed`.
    #[schema(example = "Settled")]
    status: String,
    /// In the station's currency.
    #[schema(required, example = "14.27")]
    amount: Option<String>,
    #[schema(required, value_type = Option<String>, format = DateTime)]
    settled_at: Option<Timestamp>,
    #[schema(required)]
    receipt_id: Option<String>,
    #[schema(required)]
    receipt_url: Option<String>,
}

impl From<&StationMoney> for StationMoneyView {
    fn from(money: &StationMoney) -> Self {
        let StationMoney { tariff, cost, limit, settlements } = money.clone();
        let settlements = settlements.into_iter().map(SettlementView::from).collect();
        Self { tariff, cost: cost.map(OwnCostView::from), limit: limit.map(LimitView::from), settlements }
    }
}

impl From<TransactionLimit> for LimitView {
    fn from(limit: TransactionLimit) -> Self {
        let TransactionLimit { max_cost, max_energy, max_time_s } = limit;
        let text = |amount: amprule_domain::Decimal| amount.to_string();
        Self { max_cost: max_cost.map(text), max_energy: max_energy.map(text), max_time_s }
    }
}

impl From<OwnCost> for OwnCostView {
    fn from(cost: OwnCost) -> Self {
        let OwnCost { currency, with_tax, without_tax, failed } = cost;
        let text = |amount: amprule_domain::Decimal| amount.to_string();
        Self { currency, with_tax: with_tax.map(text), without_tax: without_tax.map(text), failed }
    }
}

impl From<Settlement> for SettlementView {
    fn from(settlement: Settlement) -> Self {
        let Settlement { reference, status, amount, settled_at, receipt_id, receipt_url } = settlement;
        Self { reference, status, amount: amount.map(|amount| amount.to_string()), settled_at, receipt_id, receipt_url }
    }
}
