//! What a station says of a session's money itself: by which tariff it charged, what that came to, and what was paid at it (OCPP 2.1,
//! blocks I and C). The bill is ours whatever it says.

use std::sync::Arc;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::event::{Phase, TransactionEvent};
use crate::mark::Mark;
use crate::price::Price;
use crate::reply::TransactionLimit;
use crate::session::{Session, SessionState};

/// Of one session.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StationMoney {
    /// The tariff that it named last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tariff: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<OwnCost>,
    /// At which it ends the session itself: what was held on a card, or the driver chose (E16, C23).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<TransactionLimit>,
    /// Payments at the station, oldest first; at most [`StationMoney::MOST_SETTLEMENTS`], each of another reference.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub settlements: Vec<Settlement>,
}

/// In one message.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ToldMoney {
    /// By which it charges.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tariff: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<OwnCost>,
    /// Beyond which it does not go on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<TransactionLimit>,
}

/// What it has computed (CostDetailsType).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OwnCost {
    pub currency: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub with_tax: Option<Decimal>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub without_tax: Option<Decimal>,
    /// It could not, and this is why, as far as it says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
}

/// What became of a payment (NotifySettlementRequest).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Settlement {
    /// The payment provider's reference.
    pub reference: String,
    /// `Settled`, `Canceled`, `Rejected`, `Failed`; the station's own word.
    pub status: String,
    /// In the station's currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Decimal>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt_url: Option<String>,
}

impl StationMoney {
    pub const MOST_SETTLEMENTS: usize = 8;

    /// The latest word about a reference counts; with one more reference the oldest goes.
    pub(crate) fn settle(&mut self, settlement: Settlement) {
        match self.settlements.iter_mut().find(|known| known.reference == settlement.reference) {
            Some(known) => *known = settlement,
            None => {
                self.settlements.push(settlement);
                let surplus = self.settlements.len().saturating_sub(Self::MOST_SETTLEMENTS);
                self.settlements.drain(..surplus);
            }
        }
    }
}

/// What a message says of it.
pub(crate) fn hear(session: &mut Session, event: &TransactionEvent) {
    let Some(ToldMoney { tariff, cost, limit }) = event.money.as_deref().cloned() else { return };
    let money = Arc::make_mut(&mut session.station_money);
    money.tariff = tariff.or(money.tariff.take());
    money.limit = limit.or(money.limit.take());
    // What it was on the way is no bill.
    let final_cost = cost.filter(|_| event.phase == Phase::Ended);
    money.cost = final_cost.or(money.cost.take());
}

impl OwnCost {
    /// An amount without taxes is held against the bill's without them, which the rounding of taxes may put a cent off.
    fn is_as_billed(&self, price: &Price) -> bool {
        let is_same = |(told, billed, off): (Decimal, Decimal, Decimal)| {
            self.currency == price.currency.as_str() && (price.currency.round(told) - billed).abs() <= off
        };
        let taxes: Decimal = price.taxes.iter().map(|tax| tax.amount).sum();
        let gross = self.with_tax.map(|told| (told, price.total, Decimal::ZERO));
        let net = self.without_tax.map(|told| (told, price.total - taxes, price.currency.minor_unit()));
        gross.or(net).is_none_or(is_same)
    }
}

/// The driver was shown another amount than the one that is billed.
pub(crate) fn compare(session: &mut Session) {
    let Some(price) = session.price.as_deref().filter(|_| session.state == SessionState::Ended) else { return };
    let Some(own) = session.station_money.cost.as_ref().filter(|own| own.failed.is_none()) else { return };
    if own.is_as_billed(price) {
        session.marks.take_back(&Mark::STATION_COST_DIFFERS);
    } else {
        session.marks.add(Mark::STATION_COST_DIFFERS);
    }
}
