//! A session after a message: its numbers, place, registers, state and end.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::believe;
use super::measure::{measure, measure_end, redate};
use crate::Energy;
use crate::event::{ChargingState, Naming, Phase, TransactionEvent};
use crate::evidence::{Point, Power};
use crate::mark::Mark;
use crate::session::{SeqRanges, Session, SessionState};
use crate::timeline::Clock;

/// A status that is so much older than the last reading is taken as of now.
const STATUS_SLACK: SignedDuration = SignedDuration::from_secs(60);

/// A session that charged for so long after its last register has drawn what nobody has seen.
const UNMETERED_S: i64 = 300;
const LEAD_S: i64 = 30;
/// What may have flowed and nobody has seen, besides a hundredth.
const UNSEEN: Energy = Energy::from_wh(150);
/// A clock that is off by less is believed.
const ONE_SECOND: SignedDuration = SignedDuration::from_secs(1);
/// A session that is booked as so much longer than the station tells it began by another clock.
const CLOCK_OFF_S: i64 = 300;
/// A station that has booted goes on with its session within this.
const SOON: SignedDuration = SignedDuration::from_mins(20);
/// A station tells of a session more often than this.
pub(super) const FAR: SignedDuration = SignedDuration::from_hours(2);
/// Where an interval is missing, but hardly anything can have flowed.
const GAP_S: i64 = 15;
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
    let before = session.energy();
    let is_older = number(session, event, bounds.now);
    let is_off = |told: &Timestamp| event.at.is_none_or(|at| told.duration_since(at).abs() >= ONE_SECOND);
    session.told_until = session.told_until.max(event.told_at.filter(is_off));
    let is_after = session.signs.free.zip(event.at).is_some_and(|(free, at)| at > free + STATUS_SLACK);
    let was_free = is_after && event.naming == Naming::Theirs;
    session.marks.extend(was_free.then_some(Mark::TRANSACTION_GUESSED));
    let is_before = session.started_as.is_some() && event.at.is_some_and(|at| at < session.started_at);
    session.marks.extend(is_before.then_some(Mark::START_UNDATED));
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
    is_heard(session, event, bounds.now, before);
    session.signs.booted = session.signs.booted.filter(|_| event.readings.is_empty());
}

/// True when a later message has come already. Numbers that begin again are a boot of the station.
fn number(session: &mut Session, event: &TransactionEvent, now: Timestamp) -> bool {
    let Some(seq_no) = event.seq_no else { return false };
    let was_seen = session.seen.contains(seq_no);
    let is_next = session.seen.last().is_none_or(|last| seq_no <= last.saturating_add(1));
    let is_far = event.told().is_some_and(|at| at.duration_since(session.timeline.at) > FAR);
    let may_be_another = session.marks.has(&Mark::TRANSACTION_REUSED) && is_far && !is_next;
    session.marks.extend(may_be_another.then_some(Mark::TRANSACTION_GUESSED));
    if was_seen && event.told().is_some_and(|at| at <= session.timeline.at) {
        return true;
    }
    if was_seen {
        let is_long_after = session.signs.booted.is_some_and(|booted| now.duration_since(booted) > SOON);
        session.marks.extend(is_long_after.then_some(Mark::TRANSACTION_GUESSED));
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
fn is_heard(session: &mut Session, event: &TransactionEvent, now: Timestamp, before: Energy) {
    let Some(since) = session.stop_awaited_since else { return };
    let is_named = event.transaction.is_some();
    let is_fresh = event.at.is_some_and(|at| (since..=now + STATUS_SLACK).contains(&at));
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
    match event.charging {
        Some(state) if is_older && at < session.timeline.at => {
            let is_other = session.timeline.state_at(at) != state;
            session.marks.extend(is_other.then_some(Mark::LATE_STATE));
        }
        Some(state) => {
            let is_guess = event.is_undated(bounds.now, session.timeline.at) && state != session.timeline.state;
            session.marks.extend(is_guess.then_some(Mark::LATE_STATE));
            enter(session, at, state);
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
        enter(session, end.at, state);
    }
    finish(session, end.at, event.stop_reason.clone());
    let seconds = session.timeline.at.as_second() - session.started_at.as_second();
    let possible = Point::delivered(bounds.power, seconds + INSTANT_S) + session.timeline.evidence.resolution();
    session.marks.extend((session.energy() > possible).then_some(Mark::CLOCK_MOVED));
    session.marks.extend(is_longer_than_told(session, event, seconds).then_some(Mark::CLOCK_MOVED));
}

/// The station's start was not believed, and it tells of a shorter session than is booked: our own clock may have been
/// behind.
fn is_longer_than_told(session: &Session, event: &TransactionEvent, seconds: i64) -> bool {
    let told = session.started_as.zip(event.told()).map(|(start, end)| end.as_second() - start.as_second());
    told.is_some_and(|told| told >= 0 && seconds - told > CLOCK_OFF_S)
}

pub(super) fn finish(session: &mut Session, at: Timestamp, reason: Option<String>) {
    let clock = clock(session);
    session.timeline.cut_off(at);
    let odd = session.timeline.finish(at, &clock);
    session.marks.extend(odd);
    session.stop_awaited_since = None;
    session.marks.take_back(&Mark::STOP_AWAITED);
    session.state = SessionState::Ended;
    session.ended_at = Some(at.max(session.timeline.at));
    session.stop_reason = reason;
    weigh_edges(session);
    weigh(session);
}

/// What may have flowed before the first register and after the last one.
pub(super) fn weigh_edges(session: &mut Session) {
    let (course, evidence) = (&session.timeline, &session.timeline.evidence);
    let tolerance = UNSEEN + session.energy().share(1, 100);
    let first = evidence.first_read_at().unwrap_or(session.started_at);
    let last = evidence.told_until().unwrap_or(session.started_at);
    let (lead, rest) = (course.charged_within(session.started_at, first), course.charged_within(last, course.at));
    let lead = lead.max(evidence.lead().as_secs());
    let (before, after) = evidence.unseen(lead, rest);
    // Nothing was seen to flow that it could be judged by.
    let saw_none = course.charged_within(first, last) < LEAD_S || session.energy() == Energy::ZERO;
    let begins_at_zero = evidence.first_register() == Some(Energy::ZERO);
    let is_unknown = lead > LEAD_S && (saw_none || begins_at_zero);
    session.marks.extend((before > tolerance || lead > UNMETERED_S || is_unknown).then_some(Mark::START_UNMETERED));
    session.marks.extend((after > tolerance || rest > UNMETERED_S).then_some(Mark::END_UNMETERED));
}

/// What the session as a whole says of its energy.
fn weigh(session: &mut Session) {
    let (evidence, energy) = (&session.timeline.evidence, session.energy());
    let seconds = session.timeline.at.as_second() - session.started_at.as_second();
    let has_charged = |(from, to)| session.timeline.charged_within(from, to) > GAP_S;
    let is_sum_with_gaps = evidence.is_sum_of_intervals() && session.seen.gaps().next().is_some()
        || evidence.gaps(session.started_at, session.timeline.at).any(has_charged);
    let after_token = session.second_token_at.map_or(Energy::ZERO, |before| energy.above(before));
    let charged = session.timeline.charged_within(session.started_at, session.timeline.at);
    let odd = [Mark::REGISTER_DROPOUT, Mark::REGISTER_JUMPED];
    let has_two_meters =
        session.marks.has(&Mark::TRANSACTION_REPAIRED) && odd.iter().any(|mark| session.marks.has(mark));
    let doubts = [
        (has_two_meters, Mark::END_CONTRADICTS),
        (evidence.shows_only_zero() && charged > UNMETERED_S, Mark::ENERGY_UNKNOWN),
        (!evidence.proves_energy(), Mark::ENERGY_UNKNOWN),
        (evidence.is_contradicted(energy, seconds), Mark::POWER_CONTRADICTS),
        (evidence.is_open_question(), Mark::END_CONTRADICTS),
        (evidence.may_begin_stale(), Mark::REGISTER_STALE_START),
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
    session.stop_awaited_since = open.stop_awaited_since;
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
    if at + STATUS_SLACK >= session.timeline.at {
        enter(session, at, state);
    } else if session.timeline.state_at(at) != state {
        // A register of later has come before. What was settled since then may have been in this state.
        session.marks.add(Mark::LATE_STATE);
        if session.timeline.is_unchanged_since(at) {
            session.timeline.state = state;
        }
    }
}

fn enter(session: &mut Session, at: Timestamp, state: ChargingState) {
    session.timeline.change_state(at.max(session.timeline.at), state);
    if session.timeline.is_crowded() {
        let odd = session.timeline.make_room(&clock(session));
        session.marks.extend(odd);
    }
}

pub(super) fn clock(session: &Session) -> Clock {
    let zone = TimeZone::get(&session.time_zone).unwrap_or(TimeZone::UTC);
    let boundaries = session.pin.as_ref().map_or(&[][..], |pin| &pin.boundaries);
    Clock::new(zone, boundaries)
}
