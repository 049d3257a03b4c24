//! The state machine: what a station's message means for its sessions, the same for every OCPP version.
//!
//! A message goes through three plain functions, with the world's answers in between:
//! [`propose`] says what has to be asked before it can be admitted, [`apply`] makes the new sessions and says which
//! must be priced, [`settle`] puts the prices in and yields effects and reply. Nothing changes until the caller
//! has committed the effects and calls [`Station::adopt`].

mod apply;
mod course;
mod late;
mod propose;
mod question;
mod recall;
mod settle;
mod tick;
mod times;
mod transaction;

pub use apply::{Moment, Pinning, Step, apply, may_repeat};
pub use propose::{Admission, Proposal, Question, propose};
pub use question::{KnownToken, authorization_input, budget_since, cut_anew, pricing_input, pricing_period};
pub(crate) use question::{iso_weekday, minute_of_day};
pub use recall::{Recall, recall};
pub use settle::{Happened, Settled, settle};
pub use tick::tick;
pub use times::believe_times;

use std::sync::Arc;

use jiff::Timestamp;

use crate::TransactionId;
use crate::event::StationCommand;
use crate::session::{Session, SessionState};
use crate::station::StationRecord;

/// A station as its task holds it.
#[derive(Debug, Clone)]
pub struct Station {
    pub record: StationRecord,
    /// Open and parked sessions, and the last few ended ones. Oldest first.
    pub sessions: Vec<Arc<Session>>,
    /// No deadline comes before it.
    quiet_until: Option<Timestamp>,
}

impl Station {
    /// Ended sessions that are kept at hand, to recognise repetitions and late messages.
    pub const ENDED_AT_HAND: usize = 8;
    /// Transactions without a start that are kept. Messages of further ones are only filed as they came.
    pub const MAX_PARKED: usize = 32;

    pub fn new(record: StationRecord, sessions: Vec<Session>) -> Self {
        let mut station = Self { record, sessions: sessions.into_iter().map(Arc::new).collect(), quiet_until: None };
        station.forget_old();
        station
    }

    /// Sessions that were to be stopped at a limit and still run: the request may have been lost with its connection.
    pub fn stops_due(&self) -> Vec<StationCommand> {
        let due = self.sessions.iter().filter(|session| session.is_open() && session.limits.stop_requested);
        due.map(|session| StationCommand::StopTransaction {
            station: session.station.clone(),
            transaction: session.transaction.clone(),
        })
        .collect()
    }

    /// Takes over what a committed step has changed.
    pub fn adopt(&mut self, record: Option<StationRecord>, sessions: Vec<Arc<Session>>) {
        if let Some(record) = record {
            self.record = record;
        }
        for session in sessions {
            match self.sessions.iter_mut().find(|known| known.id == session.id) {
                Some(known) => *known = session,
                None => self.sessions.push(session),
            }
        }
        self.forget_old();
    }

    fn by_transaction(&self, transaction: &TransactionId) -> Option<&Session> {
        self.sessions.iter().rev().find(|session| session.transaction == *transaction).map(Arc::as_ref)
    }

    /// The open session on an EVSE. When the message names none: the station's only open one.
    fn open_on(&self, evse: Option<u32>) -> Option<&Session> {
        let mut open = self.sessions.iter().map(Arc::as_ref).filter(|session| session.is_open());
        match evse {
            Some(evse) if evse > 0 => open.find(|session| session.evse == evse),
            _ => open.next().filter(|_| open.next().is_none()),
        }
    }

    /// Those that began last stay, as if they were read from the store.
    fn forget_old(&mut self) {
        let ended = |session: &Arc<Session>| session.state == SessionState::Ended;
        let surplus = self.sessions.iter().filter(|session| ended(session)).count().saturating_sub(Self::ENDED_AT_HAND);
        for _ in 0..surplus {
            let past = self.sessions.iter().enumerate().filter(|(_, session)| ended(session));
            if let Some((oldest, _)) = past.min_by_key(|(_, session)| (session.started_at, session.no)) {
                self.sessions.remove(oldest);
            }
        }
    }
}
