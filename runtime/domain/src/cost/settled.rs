//! A payment at a station's own terminal (OCPP 2.1, C21 and C22): booked on its session, once for each reference.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::own::Settlement;
use crate::TransactionId;
use crate::charging::{Station, Step};
use crate::event::{CostEvent, StationEvent};
use crate::holding::{Change, Kind, body};
use crate::moment::Moment;
use crate::noted::Noted;
use crate::reply::Reply;

/// NotifySettlementRequest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Settled {
    /// `None`: none came about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transaction: Option<TransactionId>,
    pub settlement: Settlement,
    /// As it came.
    pub said: Value,
}

impl Settled {
    /// Kept under its reference, whether its session is known or not.
    pub(super) fn noted(&self, now: Timestamp) -> Noted {
        let Self { transaction, settlement, said } = self;
        let holding = json!({ "receivedAt": now, "transaction": transaction, "settlement": settlement });
        let key = settlement.reference.clone();
        let put = Change::Put { kind: Kind::Settlement, key, body: body(holding) };
        Noted::change(put).tell("station.settlement", said.clone())
    }
}

/// The transaction whose session is to be at hand.
pub(crate) fn transaction(event: &StationEvent) -> Option<&TransactionId> {
    match event {
        StationEvent::Cost(CostEvent::Settled(settled)) => settled.transaction.as_ref(),
        _ => None,
    }
}

/// The same word twice changes nothing; a later word about the same reference takes the place of the earlier one. What names a
/// transaction that nobody knows is kept with the station alone, and says so.
pub(crate) fn apply(station: &Station, settled: &Settled, moment: &Moment<'_>) -> Step {
    let named = settled.transaction.as_ref().and_then(|name| station.named(name).next());
    let mut noted = settled.noted(moment.now);
    let state = match (named, &settled.transaction) {
        (Some(session), _) => json!({ "state": "booked", "session": session.id }),
        (None, Some(_)) => json!({ "state": "unmatched" }),
        (None, None) => json!({ "state": "without-transaction" }),
    };
    let key = settled.settlement.reference.clone();
    noted.changes.push(Change::Merge { kind: Kind::Settlement, key, body: state });
    let mut step = noted.answered(station, moment, Reply::Empty);
    step.sessions = named.map(|session| session.with_settlement(settled.settlement.clone())).into_iter().collect();
    step
}

impl crate::session::Session {
    fn with_settlement(&self, settlement: Settlement) -> Self {
        let mut session = self.clone();
        Arc::make_mut(&mut session.station_money).settle(settlement);
        session
    }
}
