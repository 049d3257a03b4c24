//! A session after a message: its numbers, place, registers, state and end.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::believe;
use super::measure::{measure, measure_end, redate};
use crate::Energy;
use crate::event::{ChargingState, Phase, TransactionEvent};
use crate::evidence::{Point, Power};
use crate::mark::Mark;
use crate::session::{SeqRanges, Session, SessionState};
use crate::timeline::Clock;

/// A status that is so much older than the last reading is taken as of now.
const STATUS_SLACK: SignedDuration = SignedDuration::from_secs(60);

/// A session that charged for so long after its last register has drawn what nobody has seen.
const UNMETERED: SignedDuration = SignedDuration::from_mins(5);
/// Start and end of a session that drew anything are not in one moment.
const INSTANT_S: i64 = 15;
/// What may flow between another driver's token and the end that it brings.
const LEAVING: Energy = Energy::from_wh(500);

/// What a message is held against.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub now: Timestamp,
    pub power: Power,
}

/// Lets an event of a known, begun transaction take its effect.
pub(super) fn follow(session: &mut Session, event: &TransactionEvent, bounds: Bounds) {
    let is_older = number(session, event);
    session.told_until = session.told_until.max(event.told_at);
    session.marks.extend(event.offline.then_some(Mark::OFFLINE));
    if session.evse == 0 {
        session.evse = event.evse.unwrap_or(0);
        session.connector = event.connector.unwrap_or(session.connector);
    }
    match event.phase {
        Phase::Started => {
            let has_no_register =
                event.readings.iter().any(|reading| reading.register.is_some_and(|wh| wh < Energy::ZERO));
            session.marks.extend(has_no_register.then_some(Mark::START_UNMETERED));
            session.marks.extend(event.is_undated(bounds.now, bounds.now).then_some(Mark::START_UNDATED));
            go_on(session, event, bounds, is_older);
        }
        Phase::Updated => go_on(session, event, bounds, is_older),
        Phase::Ended => end(session, event, bounds),
    }
    is_heard(session);
}

/// True when a later message has come already. Numbers that begin again are a boot of the station.
fn number(session: &mut Session, event: &TransactionEvent) -> bool {
    let Some(seq_no) = event.seq_no else { return false };
    if session.seen.contains(seq_no) {
        session.marks.add(Mark::SEQ_RESTARTED);
        session.seen = SeqRanges::default();
    }
    let is_older = session.seen.last().is_some_and(|last| seq_no < last);
    session.seen.insert(seq_no);
    is_older
}

/// The station speaks of it as of a session that goes on.
fn is_heard(session: &mut Session) {
    session.stop_awaited_since = None;
    session.marks.take_back(&Mark::STOP_AWAITED);
}

fn go_on(session: &mut Session, event: &TransactionEvent, bounds: Bounds, is_older: bool) {
    let at = event.at.unwrap_or(bounds.now).max(session.started_at);
    measure(session, event, at, bounds.power, is_older);
    match event.charging {
        Some(state) if is_older && at < session.timeline.at => {
            let is_other = session.timeline.state_at(at) != state;
            session.marks.extend(is_other.then_some(Mark::LATE_STATE));
        }
        Some(state) => {
            let is_guess = event.is_undated(bounds.now, session.timeline.at) && state != session.timeline.state;
            session.marks.extend(is_guess.then_some(Mark::LATE_STATE));
            session.timeline.change_state(at.max(session.timeline.at), state);
        }
        None => session.timeline.advance(at),
    }
}

fn end(session: &mut Session, event: &TransactionEvent, bounds: Bounds) {
    let end = believe::end(session, event, bounds.now);
    session.marks.extend(event.is_undated(bounds.now, session.timeline.at).then_some(Mark::END_UNDATED));
    session.marks.extend(end.clock_moved.then_some(Mark::CLOCK_MOVED));
    if end.redates {
        redate(session, end.at);
    }
    measure_end(session, event, end.at, bounds.power);
    if let Some(state) = event.charging {
        session.timeline.change_state(end.at.max(session.timeline.at), state);
    }
    finish(session, end.at, event.stop_reason.clone());
    let seconds = session.timeline.at.as_second() - session.started_at.as_second();
    let is_too_short = session.energy() > Point::delivered(bounds.power, seconds + INSTANT_S);
    session.marks.extend(is_too_short.then_some(Mark::CLOCK_MOVED));
}

pub(super) fn finish(session: &mut Session, at: Timestamp, reason: Option<String>) {
    let clock = clock(session);
    session.timeline.cut_off(at);
    let is_unmetered = session.timeline.charged_until(at) > UNMETERED;
    let odd = session.timeline.finish(at, &clock);
    session.marks.extend(odd);
    session.stop_awaited_since = None;
    session.marks.take_back(&Mark::STOP_AWAITED);
    session.state = SessionState::Ended;
    session.ended_at = Some(at.max(session.timeline.at));
    session.stop_reason = reason;
    session.marks.extend(is_unmetered.then_some(Mark::END_UNMETERED));
    weigh(session);
}

/// What the session as a whole says of its energy.
fn weigh(session: &mut Session) {
    let (evidence, energy) = (&session.timeline.evidence, session.energy());
    let seconds = session.timeline.at.as_second() - session.started_at.as_second();
    let is_sum_with_gaps = evidence.is_sum_of_intervals() && session.seen.gaps().next().is_some();
    let after_token = session.second_token_at.map_or(Energy::ZERO, |before| energy.above(before));
    let doubts = [
        (!evidence.proves_energy(), Mark::ENERGY_UNKNOWN),
        (evidence.is_contradicted(energy, seconds), Mark::POWER_CONTRADICTS),
        (evidence.is_open_question(), Mark::END_CONTRADICTS),
        (is_sum_with_gaps, Mark::ENERGY_INCOMPLETE),
        (after_token > LEAVING, Mark::SECOND_TOKEN),
        (session.marks.has(&Mark::UNAUTHORIZED) && energy > LEAVING, Mark::CHARGED_UNAUTHORIZED),
    ];
    session.marks.extend(doubts.into_iter().filter(|(is_so, _)| *is_so).map(|(_, mark)| mark));
}

/// The station never told the end: it is where the last register was read.
pub(super) fn abandon(open: &Session, until: Option<Timestamp>) -> Session {
    let mut session = open.clone();
    session.marks.add(Mark::NO_STOP);
    let last = session.timeline.evidence.read_at().unwrap_or(session.timeline.at);
    let at = until.map_or(last, |until| last.min(until)).max(session.started_at);
    finish(&mut session, at, None);
    session
}

/// The session if time has passed up to now in its present state.
pub(super) fn at_present(session: &Session, now: Timestamp) -> Session {
    let mut present = session.clone();
    if now > present.timeline.at {
        let odd = present.timeline.finish(now, &clock(session));
        present.marks.extend(odd);
    }
    present
}

/// A word of the connector, within the session's own time.
pub(super) fn change_state(session: &mut Session, at: Timestamp, state: ChargingState) {
    let clock = clock(session);
    if at + STATUS_SLACK >= session.timeline.at {
        session.timeline.change_state(at.max(session.timeline.at), state);
        let odd = session.timeline.make_room(&clock);
        session.marks.extend(odd);
    } else if session.timeline.state_at(at) != state {
        // A register of later has come before. What was settled since then may have been in this state.
        session.marks.add(Mark::LATE_STATE);
        if session.timeline.is_unchanged_since(at) {
            session.timeline.state = state;
        }
    }
}

pub(super) fn clock(session: &Session) -> Clock {
    let zone = TimeZone::get(&session.time_zone).unwrap_or(TimeZone::UTC);
    let boundaries = session.pin.as_ref().map_or(&[][..], |pin| &pin.boundaries);
    Clock::new(zone, boundaries)
}
