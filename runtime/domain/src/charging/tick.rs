//! What happens without a message: a limit in time is reached, a price changes by the clock.
//!
//! A session whose stop was awaited long enough ends at its last reading; messages that have waited long enough for their
//! start are booked without it.
//!
//! A silent station's sessions are seen as of now, and only seen: their timeline stays as the station told it, because
//! what it says next may be from before. The limit and the running price are what changes.

use std::borrow::Cow;

use jiff::{SignedDuration, Timestamp};

use super::ending::abandon;
use super::state::at_present;
use super::step::{Happened, Step};
use super::{Rules, Station, startless};
use crate::SessionId;
use crate::reply::Reply;
use crate::session::{Session, SessionState};

impl Station {
    /// Between two ticks of one station, and after it has connected: what it has to say comes first.
    pub const TICK_MIN: SignedDuration = SignedDuration::from_secs(60);

    /// When [`tick`] has something to do, if nothing happens before.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        let of_open = self.open().flat_map(|session| [limit_at(session), change_at(session)]);
        let over = self.sessions.iter().map(|session| over_at(session, self.rules));
        let next = of_open.chain(over).flatten().min()?;
        Some(self.quiet_until.map_or(next, |quiet| quiet.max(next)))
    }

    /// No tick for a while.
    pub fn hold_off(&mut self, now: Timestamp) {
        self.quiet_until = now.checked_add(Self::TICK_MIN).ok();
    }
}

/// The step that the passing of time brings. Its sessions are those whose deadline has come.
pub fn tick(station: &Station, now: Timestamp) -> Step {
    let has_come = |at: Option<Timestamp>| at.is_some_and(|at| at <= now);
    let (over, other): (Vec<_>, Vec<_>) =
        station.sessions.iter().partition(|session| has_come(over_at(session, station.rules)));
    let open = || other.iter().filter(|session| session.is_open());
    let priced = open().filter(|session| has_come(change_at(session)));
    let to_price: Vec<SessionId> = priced.map(|session| session.id).collect();
    let due = open().filter(|session| has_come(limit_at(session)) || to_price.contains(&session.id));
    let sessions: Vec<Session> = due.map(|session| Session::clone(session)).collect();
    let mut step = Step {
        happened: sessions.iter().map(|session| Happened::Updated(session.id)).collect(),
        sessions,
        to_price,
        as_of: Some(now),
        ..Step::reply(Reply::Empty)
    };
    for session in over {
        step.also_ended(match session.state {
            SessionState::Parked => startless::give_up(station, session, now),
            SessionState::Active | SessionState::Ended => abandon(session, None),
        });
    }
    step
}

/// An open session as a tariff sees it now, though its station is silent.
pub fn as_of(session: &Session, now: Timestamp) -> Cow<'_, Session> {
    if session.is_open() { Cow::Owned(at_present(session, now)) } else { Cow::Borrowed(session) }
}

impl Step {
    /// A session as a tariff is to see it.
    pub fn seen(&self, id: SessionId) -> Option<Cow<'_, Session>> {
        let session = self.session(id)?;
        Some(self.as_of.map_or(Cow::Borrowed(session), |now| as_of(session, now)))
    }
}

fn limit_at(session: &Session) -> Option<Timestamp> {
    let seconds = session.limits.max_duration_s.filter(|_| !session.limits.stop_requested)?;
    session.started_at.checked_add(SignedDuration::from_secs(i64::try_from(seconds).ok()?)).ok()
}

/// When a rule ends the session, because its station does not.
fn over_at(session: &Session, rules: Rules) -> Option<Timestamp> {
    let (since, patience) = match session.state {
        SessionState::Active => (session.stop_awaited_since?, rules.stop_awaited),
        SessionState::Parked => (session.parked_at.unwrap_or(session.timeline.at), rules.start_awaited),
        SessionState::Ended => return None,
    };
    since.checked_add(patience).ok()
}

/// A next change that is not after the moment of the price is no change: it would be priced over and over.
fn change_at(session: &Session) -> Option<Timestamp> {
    let price = session.price.as_ref()?;
    price.next_change_at.filter(|next| *next > price.at)
}
