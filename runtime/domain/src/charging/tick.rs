//! What happens without a message: a limit in time is reached, a price changes by the clock.
//!
//! A silent station's sessions are seen as of now, and only seen: their course stays as the station told it, because
//! what it says next may be from before. The limit and the running price are what changes.

use std::borrow::Cow;

use jiff::{SignedDuration, Timestamp};

use super::apply::Step;
use super::{Happened, Station, course};
use crate::SessionId;
use crate::reply::Reply;
use crate::session::Session;

impl Station {
    /// Between two ticks of one station, and after it has connected: what it has to say comes first.
    pub const TICK_MIN: SignedDuration = SignedDuration::from_secs(60);

    /// When [`tick`] has something to do, if nothing happens before.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        let open = self.sessions.iter().filter(|session| session.is_open());
        let next = open.flat_map(|session| [limit_at(session), change_at(session)]).flatten().min()?;
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
    let open = || station.sessions.iter().filter(|session| session.is_open());
    let priced = open().filter(|session| has_come(change_at(session)));
    let to_price: Vec<SessionId> = priced.map(|session| session.id).collect();
    let due = open().filter(|session| has_come(limit_at(session)) || to_price.contains(&session.id));
    let sessions: Vec<Session> = due.map(|session| Session::clone(session)).collect();
    Step {
        happened: sessions.iter().map(|session| Happened::Updated(session.id)).collect(),
        sessions,
        to_price,
        as_of: Some(now),
        ..Step::reply(Reply::Empty)
    }
}

impl Step {
    /// A session as a tariff is to see it.
    pub fn seen(&self, id: SessionId) -> Option<Cow<'_, Session>> {
        let session = self.session(id)?;
        Some(match self.as_of {
            Some(now) => Cow::Owned(course::at_present(session, now)),
            None => Cow::Borrowed(session),
        })
    }
}

fn limit_at(session: &Session) -> Option<Timestamp> {
    let seconds = session.limits.max_duration_s.filter(|_| !session.limits.stop_requested)?;
    session.started_at.checked_add(SignedDuration::from_secs(i64::try_from(seconds).ok()?)).ok()
}

/// A price that would change at the moment for which it was computed, or before, does not change.
fn change_at(session: &Session) -> Option<Timestamp> {
    let price = session.price.as_ref()?;
    price.next_change_at.filter(|next| *next > price.at)
}
