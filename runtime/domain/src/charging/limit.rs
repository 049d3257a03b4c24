//! What the policy allowed is used up: the station is told to stop until the session has ended.

use jiff::Timestamp;

use super::Station;
use crate::command::{Command, Exchange, Origin};
use crate::mark::Mark;
use crate::ports::Ids;
use crate::session::{Session, SessionState};

/// True: a limit was reached just now.
pub(super) fn is_reached(session: &mut Session, as_of: Option<Timestamp>) -> bool {
    if !session.is_open() || session.limits.stop_requested {
        return false;
    }
    let limits = &session.limits;
    let at = as_of.map_or(session.timeline.at, |now| now.max(session.timeline.at));
    let seconds = at.as_second() - session.started_at.as_second();
    let total = session.price.as_ref().map(|price| price.total);
    let reached = limits.max_energy.is_some_and(|most| session.energy() >= most)
        || limits.max_duration_s.is_some_and(|most| u64::try_from(seconds).unwrap_or(0) >= most)
        || limits.max_cost.zip(total).is_some_and(|(most, total)| total >= most);
    if reached {
        session.limits.stop_requested = true;
        session.marks.add(Mark::LIMIT_REACHED);
    }
    reached
}

pub(super) fn stop(session: &Session, ids: &dyn Ids, now: Timestamp) -> Exchange {
    let command = Command::Stop { transaction: session.transaction.clone() };
    Exchange::queue(ids.command(), session.station.clone(), command, Origin::Limit(session.id), None, now)
}

impl Station {
    /// Sessions that are to be stopped and still run though no command says so: from before commands were kept, or the last
    /// link had no words for it. To be asked whenever the station connects.
    pub fn stops_due(&self, ids: &dyn Ids, now: Timestamp) -> Vec<Exchange> {
        let is_asked = |session: &Session| self.exchanges.iter().any(|exchange| exchange.is_of(session.id));
        let due = self.open().filter(|session| session.limits.stop_requested && !is_asked(session));
        due.map(|session| stop(session, ids, now)).collect()
    }

    /// Commands whose session has ended with this step.
    pub(super) fn stops_over(&self, sessions: &[Session], now: Timestamp) -> Vec<Exchange> {
        let has_ended = |exchange: &&Exchange| {
            sessions.iter().any(|session| session.state == SessionState::Ended && exchange.is_of(session.id))
        };
        let over = self.exchanges.iter().filter(has_ended);
        over.map(|exchange| exchange.is_over("the session has ended", now)).collect()
    }
}
