//! A session after a message: its numbers, place, registers, state and end.

use jiff::{SignedDuration, Timestamp};

use super::believe::SLACK;
use super::ending::end;
use super::export;
use super::measure::measure;
use super::state::{enter, learn_state};
use super::told::Bounds;
use crate::Energy;
use crate::cost::own;
use crate::event::{Naming, Phase, TransactionEvent};
use crate::mark::Mark;
use crate::reading::Reading;
use crate::session::{SeqRanges, Session};

/// A clock that is off by less is believed.
const ONE_SECOND: SignedDuration = SignedDuration::from_secs(1);
/// A station that has booted goes on with its session within this.
const SOON: SignedDuration = SignedDuration::from_mins(20);
/// A station tells of a session more often than this.
pub(super) const FAR: SignedDuration = SignedDuration::from_hours(2);

/// Lets an event of a known, begun transaction take its effect.
pub(super) fn follow(session: &mut Session, event: &TransactionEvent, bounds: Bounds) {
    let before = session.energy();
    session.marks.add_if(was_free_before(session, event, bounds.now), Mark::TRANSACTION_GUESSED);
    let is_older = take_number(session, event, bounds.now);
    take_time(session, event);
    take_place(session, event);
    session.remote_start = session.remote_start.or(event.remote_start);
    let told_mode = event.operation_mode.filter(|_| !is_older);
    session.operation_mode = told_mode.or(session.operation_mode);
    own::hear(session, event);
    session.marks.add_if(event.offline, Mark::OFFLINE);
    match event.phase {
        Phase::Started => {
            doubt_the_start(session, event, bounds.now);
            go_on(session, event, bounds, is_older);
        }
        Phase::Updated => go_on(session, event, bounds, is_older),
        Phase::Ended => end(session, event, bounds),
    }
    wait_for_its_stop(session, event, bounds.now, before);
    session.signs.booted = session.signs.booted.filter(|_| !event.readings.iter().any(Reading::tells_import));
}

/// A station that numbers its own transactions goes on with one though nothing was plugged in meanwhile. Its end may come when the car
/// has gone (2.0.1, TxStopPoint ParkingBayOccupancy), and before the plug is in nothing is said by a place that is free.
fn was_free_before(session: &Session, event: &TransactionEvent, now: Timestamp) -> bool {
    let is_after = session.signs.free.is_some_and(|free| event.at.unwrap_or(now) > free + SLACK);
    let is_next = event.seq_no.zip(session.seen.last()).is_some_and(|(seq_no, last)| seq_no == last.saturating_add(1));
    let is_its_end = event.phase == Phase::Ended && is_next;
    is_after && event.naming == Naming::Theirs && !is_its_end && session.energy() > Energy::ZERO
}

/// The latest time that was told and is not believed. A start that was not believed may be later than it seems.
fn take_time(session: &mut Session, event: &TransactionEvent) {
    let is_off = |told: &Timestamp| event.at.is_none_or(|at| told.duration_since(at).abs() >= ONE_SECOND);
    session.told_until = session.told_until.max(event.told_at.filter(is_off));
    let is_before = session.started_as.is_some() && event.at.is_some_and(|at| at < session.started_at);
    session.marks.add_if(is_before, Mark::START_UNDATED);
}

/// An EVSE may be told before its connector is: the driver has not plugged in yet (OCPP 2.0.1, E01.FR.16).
fn take_place(session: &mut Session, event: &TransactionEvent) {
    if session.evse == 0 {
        session.evse = event.evse.unwrap_or(0);
    }
    if session.connector == 0 && event.evse == Some(session.evse) {
        session.connector = event.connector.unwrap_or(0);
    }
}

fn doubt_the_start(session: &mut Session, event: &TransactionEvent, now: Timestamp) {
    let is_none = |register: Energy| register < Energy::ZERO;
    let has_no_register = event.readings.iter().any(|reading| reading.register.is_some_and(is_none));
    session.marks.add_if(has_no_register, Mark::START_UNMETERED);
    session.marks.add_if(event.is_undated(now, now), Mark::START_UNDATED);
}

/// True when a later message has come already. Numbers that begin again are a boot of the station.
fn take_number(session: &mut Session, event: &TransactionEvent, now: Timestamp) -> bool {
    let Some(seq_no) = event.seq_no else { return false };
    let was_seen = session.seen.contains(seq_no);
    let is_next = session.seen.last().is_none_or(|last| seq_no <= last.saturating_add(1));
    let is_far = event.told().is_some_and(|at| at.duration_since(session.timeline.at) > FAR);
    let may_be_another = session.marks.has(&Mark::TRANSACTION_REUSED) && is_far && !is_next;
    session.marks.add_if(may_be_another, Mark::TRANSACTION_GUESSED);
    if was_seen && event.told().is_some_and(|at| at <= session.timeline.at) {
        return true;
    }
    if was_seen {
        let is_long_after = session.signs.booted.is_some_and(|booted| now.duration_since(booted) > SOON);
        session.marks.add_if(is_long_after, Mark::TRANSACTION_GUESSED);
        session.marks.add(Mark::SEQ_RESTARTED);
        session.seen = SeqRanges::default();
    }
    let is_older = session.seen.last().is_some_and(|last| seq_no < last);
    session.seen.insert(seq_no);
    is_older
}

/// The station behaves as if it had ended. `None`: that is known already.
pub(super) fn awaiting_stop(session: &Session, now: Timestamp) -> Option<Session> {
    let mut session = session.stop_awaited_since.is_none().then(|| session.clone())?;
    session.stop_awaited_since = Some(now);
    session.marks.add(Mark::STOP_AWAITED);
    Some(session)
}

/// The station speaks of it as of a session that goes on. What was said before, or does not name it, only makes it wait
/// longer.
fn wait_for_its_stop(session: &mut Session, event: &TransactionEvent, now: Timestamp, before: Energy) {
    let Some(since) = session.stop_awaited_since else { return };
    let is_named = event.transaction.is_some();
    let is_fresh = event.at.is_some_and(|at| (since..=now + SLACK).contains(&at));
    if is_named && is_fresh {
        session.stop_awaited_since = None;
        session.marks.take_back(&Mark::STOP_AWAITED);
    } else if is_named || session.energy() > before {
        session.stop_awaited_since = Some(now);
    }
}

fn go_on(session: &mut Session, event: &TransactionEvent, bounds: Bounds, is_older: bool) {
    let at = event.at.unwrap_or(bounds.now).max(session.started_at);
    measure(session, event, at, bounds.power, is_older);
    export::measure(session, event, at, bounds.power, is_older);
    learn_state(session, event);
    match event.charging {
        Some(state) if is_older && at < session.timeline.at => {
            let is_other = session.timeline.state_at(at) != state;
            session.marks.add_if(is_other, Mark::LATE_STATE);
        }
        Some(state) => {
            let is_guess = event.is_undated(bounds.now, session.timeline.at) && state != session.timeline.state;
            session.marks.add_if(is_guess, Mark::LATE_STATE);
            enter(session, at, state);
        }
        None => session.timeline.advance(at),
    }
}
