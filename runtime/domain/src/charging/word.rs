//! What a connector's word says about the session there.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::Station;
use super::follow::awaiting_stop;
use super::state::change_state;
use crate::event::ConnectorStatus;
use crate::mark::Mark;
use crate::session::{Session, Signs};

/// A station that has booted reports its connectors as free before it has checked them, so a status within this time is
/// about the same vehicle.
const SAME_VEHICLE: SignedDuration = SignedDuration::from_mins(2);

/// The open session that it is about, or one that has ended meanwhile, as it is then. A status is not queued as
/// transactions are: after a reconnect the status of now comes before the queued end of the past.
///
/// `is_guess`: the station did not know the time.
pub(crate) fn session_after_word(
    station: &Station,
    status: &ConnectorStatus,
    now: Timestamp,
    is_guess: bool,
) -> Option<Session> {
    let at = status.at.unwrap_or(now);
    let open = station.open_on(Some(status.evse)).filter(|open| status.evse > 0 && at >= open.started_at);
    open.and_then(|open| word_about(open, status, now, is_guess)).or_else(|| late_word(station, status))
}

/// The sessions that were open at a boot.
pub(crate) fn sessions_after_boot(station: &Station, now: Timestamp) -> Vec<Session> {
    station.open().map(|session| booted_in(session, now)).collect()
}

fn word_about(open: &Session, status: &ConnectorStatus, now: Timestamp, is_guess: bool) -> Option<Session> {
    let is_there = open.connector == 0 || status.connector == 0 || status.connector == open.connector;
    if status.is_free() {
        let is_known = open.stop_awaited_since.is_some() && open.signs.free.is_some();
        return (is_there && !is_known).then(|| left(open, now, status.at.unwrap_or(now)));
    }
    let Some((state, at)) = status.charging.zip(status.at) else {
        // The vehicle was there all the time; much later it is the next one.
        let since_free = open.signs.free.zip(status.at).map(|(free, at)| at.duration_since(free));
        let is_back = is_there && since_free.is_some_and(|since| since < SAME_VEHICLE);
        return is_back.then(|| Session { signs: Signs { free: None, ..open.signs }, ..open.clone() });
    };
    let mut session = open.clone();
    session.marks.add_if(is_guess && state != session.timeline.state, Mark::LATE_STATE);
    change_state(&mut session, at, state);
    Some(session)
}

fn left(open: &Session, now: Timestamp, at: Timestamp) -> Session {
    let mut session = awaiting_stop(open, now).unwrap_or_else(|| open.clone());
    session.signs.free = Some(at);
    session
}

fn booted_in(open: &Session, now: Timestamp) -> Session {
    let mut session = awaiting_stop(open, now).unwrap_or_else(|| open.clone());
    session.signs.booted = Some(now);
    session
}

/// A word about a session that has ended meanwhile.
fn late_word(station: &Station, status: &ConnectorStatus) -> Option<Session> {
    let (state, at) = status.charging.zip(status.at)?;
    let is_meant = |session: &&Arc<Session>| {
        session.evse == status.evse && session.started_at <= at && session.ended_at.is_some_and(|end| at < end)
    };
    let ended = station.sessions.iter().rev().find(is_meant)?;
    let is_news = ended.timeline.state_at(at) != state && !ended.marks.has(&Mark::LATE_STATE);
    is_news.then(|| {
        let mut session = Session::clone(ended);
        session.marks.add(Mark::LATE_STATE);
        session
    })
}
