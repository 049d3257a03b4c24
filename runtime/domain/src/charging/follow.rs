//! A session after a message: its numbers, place, registers, state and end.

use std::sync::Arc;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::believe::{self, Order, Read, Value};
use super::transaction::Told;
use crate::event::{ChargingState, Phase, TransactionEvent};
use crate::evidence::{Judged, Point, Power, TAKEN_BACK};
use crate::mark::{Mark, Marks};
use crate::session::{SeqRanges, Session, SessionLimits, SessionState};
use crate::timeline::{Clock, Timeline};
use crate::{Energy, SessionNo};

/// A session that charged for so long before its first register may have drawn what nobody has seen.
const UNMETERED: SignedDuration = SignedDuration::from_mins(5);

/// A status that is so much older than the last reading is as good as of now.
const STATUS_SLACK: SignedDuration = SignedDuration::from_secs(60);

/// What a message is held against.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub now: Timestamp,
    pub power: Power,
}

pub(super) fn blank(told: Told<'_>, no: SessionNo, at: Timestamp) -> Session {
    let (record, event) = (&told.station.record, told.event);
    Session {
        id: told.moment.ids.session(),
        no,
        station: record.id.clone(),
        transaction: event.transaction.clone().unwrap_or_else(|| no.as_transaction()),
        evse: event.evse.unwrap_or(0),
        connector: event.connector.unwrap_or(0),
        token: None,
        token_group: None,
        admitted: Vec::new(),
        state: SessionState::Parked,
        started_at: at,
        started_as: event.told_at.filter(|_| event.phase == Phase::Started),
        ended_at: None,
        parked_at: None,
        stop_awaited_since: None,
        stop_reason: None,
        time_zone: record.time_zone.clone(),
        location: record.location.clone(),
        timeline: Timeline::new(at, event.charging.unwrap_or_default()),
        pin: None,
        price: None,
        bill: 0,
        limits: SessionLimits::default(),
        marks: Marks::default(),
        seen: SeqRanges::default(),
        parked: Vec::new(),
    }
}

/// Lets an event of a known, begun transaction take its effect.
pub(super) fn follow(session: &mut Session, event: &TransactionEvent, bounds: Bounds) {
    let is_older = number(session, event);
    is_heard(session);
    session.marks.extend(event.offline.then_some(Mark::OFFLINE));
    if session.evse == 0 {
        session.evse = event.evse.unwrap_or(0);
        session.connector = event.connector.unwrap_or(session.connector);
    }
    match event.phase {
        Phase::Started | Phase::Updated => go_on(session, event, bounds, is_older),
        Phase::Ended => end(session, event, bounds),
    }
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
    feel(session, event, at, bounds.power);
    for read in believe::registers(session, event, at) {
        take(session, read, bounds.power, is_older);
    }
    match event.charging {
        Some(state) if is_older && at < session.timeline.at => {
            let is_other = session.timeline.state_at(at) != state;
            session.marks.extend(is_other.then_some(Mark::LATE_STATE));
        }
        Some(state) => session.timeline.change_state(at.max(session.timeline.at), state),
        None => session.timeline.advance(at),
    }
}

fn feel(session: &mut Session, event: &TransactionEvent, at: Timestamp, power: Power) {
    for reading in &event.readings {
        if let Some(watts) = reading.power_w {
            session.timeline.evidence.feel(session.started_at, reading.at.unwrap_or(at), watts, power);
        }
    }
}

/// A register takes its place among the others. False: it has none.
fn take(session: &mut Session, mut read: Read, power: Power, is_older: bool) -> bool {
    let clock = clock(session);
    let course = &mut session.timeline;
    if read.value == Value::Interval {
        let judged = course.evidence.read_interval(session.started_at, read.point.at, read.point.register, power);
        bring_up(session, read.point.at, judged, power, &clock);
        return true;
    }
    match believe::order(&course.evidence, read.point, is_older) {
        Order::Next => {}
        Order::Same => return true,
        Order::Late => {
            let is_higher = Some(read.point.register) > course.evidence.last_register();
            session.marks.add(if is_higher { Mark::LATE_CONTRADICTS } else { Mark::LATE_READING });
            return false;
        }
        Order::Redates => redate(session, read.point.at),
        Order::Contradicts => {
            redate(session, read.point.at);
            session.marks.add(Mark::CLOCK_MOVED);
        }
        Order::SetBack => {
            read.point.at = course.evidence.read_at().unwrap_or(read.point.at);
            read.point.dated = false;
            session.marks.add(Mark::CLOCK_MOVED);
        }
    }
    unmetered(session, read.point.at);
    match session.timeline.evidence.read(read.meter, read.point, power) {
        Some(judged) => {
            bring_up(session, read.point.at, judged, power, &clock);
            read.point.register >= Energy::ZERO
        }
        None => {
            session.marks.extend((read.meter.phases != 0).then_some(Mark::PHASES_MISSING));
            false
        }
    }
}

fn redate(session: &mut Session, at: Timestamp) {
    session.timeline.cut_off(at);
    session.timeline.evidence.redate(at);
    session.marks.add(Mark::TIME_REPAIRED);
}

fn unmetered(session: &mut Session, at: Timestamp) {
    let is_first = session.timeline.evidence.latest().is_none() && !session.marks.has(&Mark::NO_START);
    let late = at.duration_since(session.started_at) > UNMETERED;
    let charged = is_first && late && session.timeline.charged_until(at) > UNMETERED;
    session.marks.extend(charged.then_some(Mark::START_UNMETERED));
}

fn bring_up(session: &mut Session, at: Timestamp, judged: Judged, power: Power, clock: &Clock) {
    let marks = session.timeline.take(at, judged, power, clock);
    if marks.contains(&Mark::REGISTER_DROPOUT) {
        TAKEN_BACK.iter().for_each(|mark| session.marks.take_back(mark));
    }
    session.marks.extend(marks);
}

fn end(session: &mut Session, event: &TransactionEvent, bounds: Bounds) {
    let end = believe::end(session, event, bounds.now);
    session.marks.extend(end.clock_moved.then_some(Mark::CLOCK_MOVED));
    if end.redates {
        redate(session, end.at);
    }
    feel(session, event, end.at, bounds.power);
    let reads = believe::registers(session, event, end.at);
    let (told, last) = (!reads.is_empty(), reads.iter().rfind(|read| read.value == Value::Register).copied());
    let mut taken = Vec::new();
    for read in reads {
        let is_news = last == Some(read) || !is_listed_again(session, read);
        if is_news && take_of_end(session, read, bounds.power) {
            taken.push(read);
        }
    }
    match taken.iter().rfind(|read| read.value == Value::Register) {
        Some(closing) => close(session, *closing, bounds.power),
        None => session.marks.extend((told && taken.is_empty()).then_some(Mark::END_CONTRADICTS)),
    }
    if let Some(state) = event.charging {
        session.timeline.change_state(end.at.max(session.timeline.at), state);
    }
    finish(session, end.at, event.stop_reason.clone());
}

/// An end may list its samples again. A register has its place among those before it when it is told: one from before the
/// latest says nothing any more, and when the register began anew since, it must not look as if it went on from there.
fn is_listed_again(session: &Session, read: Read) -> bool {
    session.timeline.evidence.read_at().is_some_and(|known| read.point.at < known)
}

/// What an end lists again was sampled on the way: nothing that is known is late.
fn take_of_end(session: &mut Session, read: Read, power: Power) -> bool {
    let was_late = session.marks.has(&Mark::LATE_READING);
    let taken = take(session, read, power, false);
    if !was_late {
        session.marks.take_back(&Mark::LATE_READING);
    }
    taken
}

fn close(session: &mut Session, closing: Read, power: Power) {
    let clock = clock(session);
    let point = Point { at: session.timeline.evidence.read_at().unwrap_or(closing.point.at), ..closing.point };
    let judged = session.timeline.evidence.close(point, power);
    bring_up(session, point.at, judged, power, &clock);
}

pub(super) fn finish(session: &mut Session, at: Timestamp, reason: Option<String>) {
    let clock = clock(session);
    let odd = session.timeline.finish(at, &clock);
    session.marks.extend(odd);
    let (evidence, energy) = (&session.timeline.evidence, session.energy());
    let (is_unknown, is_contradicted) = (!evidence.proves_energy(), evidence.is_contradicted(energy));
    session.marks.extend(is_unknown.then_some(Mark::ENERGY_UNKNOWN));
    session.marks.extend(is_contradicted.then_some(Mark::POWER_CONTRADICTS));
    session.stop_awaited_since = None;
    session.marks.take_back(&Mark::STOP_AWAITED);
    session.state = SessionState::Ended;
    session.ended_at = Some(at.max(session.timeline.at));
    session.stop_reason = reason;
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

/// What prices a session that began at this place, at that time, for this token's group.
pub(super) fn pin(session: &Session, told: Told<'_>) -> Option<Arc<crate::pricing::Pin>> {
    let record = &told.station.record;
    let occasion = crate::Occasion::of(record, session.token_group.as_deref(), session.started_at);
    (told.moment.pin)(&occasion, told.admission.tariff.as_deref())
}
