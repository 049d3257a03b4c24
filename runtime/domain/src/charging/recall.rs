//! Sessions that ended long ago: a message may still mean one that is no longer at hand.

use std::sync::Arc;

use jiff::Timestamp;

use super::Station;
use crate::TransactionId;
use crate::cost;
use crate::event::{ChargingEvent, Phase, StationEvent, TransactionEvent};
use crate::session::Session;

/// What to look for in the store before the message is understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recall {
    /// The transaction that the message names.
    Transaction(TransactionId),
    /// A start without a name: whatever began at this moment may be the same one (1.6).
    BegunAt(Timestamp),
}

/// `None` for nearly all messages: they mean a session that is at hand, or none.
pub fn recall(station: &Station, event: &StationEvent) -> Option<Recall> {
    if let Some(name) = cost::settled_transaction(event) {
        return station.named(name).next().is_none().then(|| Recall::Transaction(name.clone()));
    }
    let StationEvent::Charging(ChargingEvent::Transaction(event)) = event else {
        return None;
    };
    match &event.transaction {
        Some(name) => station.named(name).next().is_none().then(|| Recall::Transaction(name.clone())),
        None if event.phase == Phase::Started => old_start(station, event).map(Recall::BegunAt),
        None => None,
    }
}

/// The sessions at hand are those that began last. A start that is later than all of them is new.
fn old_start(station: &Station, event: &TransactionEvent) -> Option<Timestamp> {
    let begun = || station.sessions.iter().map(|session| session.started_at);
    event.at.filter(|at| begun().max().is_some_and(|last| *at <= last) && !begun().any(|begun| begun == *at))
}

impl Station {
    /// Sessions that are brought back at a time. A station has hardly as many connectors on which one may begin at once.
    pub const RECALLED_MAX: usize = 32;

    /// Brings sessions back to hand, until the next change.
    pub fn bring_back(&mut self, sessions: Vec<Session>) {
        self.forget_old();
        let unknown = |session: &Session| self.sessions.iter().all(|known| known.id != session.id);
        let sessions: Vec<_> = sessions.into_iter().filter(unknown).take(Self::RECALLED_MAX).map(Arc::new).collect();
        self.sessions.splice(0..0, sessions);
    }
}
