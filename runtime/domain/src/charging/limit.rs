//! What the policy allowed is used up, or a session goes on though its token was refused: the station is told to stop until the
//! session has ended.

use jiff::{SignedDuration, Timestamp};

use super::Station;
use crate::Energy;
use crate::command::{Command, Exchange, Origin};
use crate::mark::Mark;
use crate::ports::Ids;
use crate::session::Session;

/// A station that hears of a refusal stops by itself within this, if it does (OCPP 2.0.1, StopTxOnInvalidId; 1.6,
/// StopTransactionOnInvalidId).
const STOPS_BY_ITSELF: SignedDuration = SignedDuration::from_secs(30);
/// What was told late, from a queue, does not say that a session still goes on.
const LIVE: SignedDuration = SignedDuration::from_mins(5);

/// True: it is to be stopped from now on.
pub(super) fn is_due(session: &mut Session, as_of: Option<Timestamp>, now: Timestamp) -> bool {
    if !session.is_open() || session.limits.stop_requested {
        return false;
    }
    session.limits.stop_requested = goes_on_refused(session, now);
    session.limits.stop_requested || is_reached(session, as_of)
}

/// Nobody was let charge there, and it charges.
fn goes_on_refused(session: &Session, now: Timestamp) -> bool {
    let at = session.timeline.at;
    let is_live = now.duration_since(at) <= LIVE;
    let goes_on = at.duration_since(session.started_at) >= STOPS_BY_ITSELF && session.energy() > Energy::ZERO;
    // That nobody could look a token up says nothing of it.
    let is_refused = session.marks.has(&Mark::UNAUTHORIZED) && !session.marks.has(&Mark::TOKEN_UNDECIDED);
    is_refused && is_live && goes_on
}

fn is_reached(session: &mut Session, as_of: Option<Timestamp>) -> bool {
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

    /// Commands whose session has ended with this step, or may go on.
    pub(super) fn stops_over(&self, sessions: &[Session], now: Timestamp) -> Vec<Exchange> {
        let why = |exchange: &Exchange| {
            let session = sessions.iter().find(|session| exchange.is_of(session.id))?;
            match session.is_open() {
                false => Some("the session has ended"),
                true => (!session.limits.stop_requested).then_some("the session may go on"),
            }
        };
        let over = self.exchanges.iter().filter_map(|exchange| Some(exchange.is_over(why(exchange)?, now)));
        over.collect()
    }
}
