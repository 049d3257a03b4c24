//! Does it still run? What a station of 2.x is asked when it was away, and what its answer means (OCPP 2.0.1, E14).

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::ending::abandon;
use super::follow::awaiting_stop;
use super::step::{Happened, Step};
use super::{ChargingEvent, Station};
use crate::TransactionId;
use crate::command::{Command, Exchange, Origin};
use crate::mark::Mark;
use crate::ports::Ids;
use crate::reply::Reply;
use crate::session::Session;

/// A shorter while says nothing about what ran then.
const AWAY: SignedDuration = SignedDuration::from_mins(2);
/// What the station has in its queue comes first.
const PATIENCE: SignedDuration = SignedDuration::from_secs(30);
const EXPIRES: SignedDuration = SignedDuration::from_hours(1);
/// Of one station at a time.
const MAX: usize = 8;

/// What a station said about a transaction that it was asked about (GetTransactionStatus).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Whereabouts {
    pub transaction: TransactionId,
    /// `None`: it did not say.
    pub is_ongoing: Option<bool>,
    /// It has messages about it that we have not heard.
    pub has_more: bool,
}

impl Station {
    /// Questions for a station of 2.x that was last heard then: one for each session that was open.
    pub fn whereabouts_due(&self, heard: Timestamp, ids: &dyn Ids, now: Timestamp) -> Vec<Exchange> {
        if now.duration_since(heard) < AWAY {
            return Vec::new();
        }
        let expires_at = now.checked_add(EXPIRES).ok();
        // The station knows no name but its own.
        let named = self.open().filter(|session| session.transaction != session.no.as_transaction());
        let asked = named.take(MAX).filter_map(|session| {
            let payload = json!({ "transactionId": session.transaction.as_str() }).to_string();
            let command = Command::Request { action: "GetTransactionStatus".to_owned(), payload };
            let is_asked = self.exchanges.iter().any(|known| known.is_open() && known.command == command);
            let queue = || {
                let id = self.record.id.clone();
                Exchange::queue(ids.command(), id, command.clone(), Origin::Server, expires_at, now)
            };
            (!is_asked).then(|| queue().not_before(now.checked_add(PATIENCE).unwrap_or(now)))
        });
        asked.collect()
    }
}

/// One that goes on is not awaited to stop. One that is over and of which nothing is to come ends at its last reading; should its
/// end come all the same, it is a late one. With more to come it waits for that.
pub(crate) fn told(station: &Station, event: &ChargingEvent, now: Timestamp) -> Step {
    let mut step = Step::reply(Reply::Empty);
    let ChargingEvent::Whereabouts(told) = event else { return step };
    let Some(session) = station.named(&told.transaction).find(|session| session.is_open()) else { return step };
    match (told.is_ongoing, told.has_more) {
        (Some(false), false) => step.also_ended(abandon(session, None)),
        (Some(false), true) => also(&mut step, awaiting_stop(session, now)),
        (Some(true), _) if session.stop_awaited_since.is_some() => also(&mut step, Some(going_on(session))),
        _ => {}
    }
    step
}

fn going_on(session: &Session) -> Session {
    let mut session = session.clone();
    session.stop_awaited_since = None;
    session.marks.take_back(&Mark::STOP_AWAITED);
    session
}

fn also(step: &mut Step, session: Option<Session>) {
    let Some(session) = session else { return };
    step.happened.push(Happened::Updated(session.id));
    step.sessions.push(session);
}
