//! A message's readings become the session's energy, or marks.

use jiff::{SignedDuration, Timestamp};

use super::believe::{self, Order, Read, Value};
use super::follow::clock;
use crate::Energy;
use crate::event::TransactionEvent;
use crate::evidence::{Judged, Point, Power};
use crate::mark::Mark;
use crate::session::Session;
use crate::timeline::Clock;

/// A session that charged for so long before its first register may have drawn what nobody has seen.
const UNMETERED: SignedDuration = SignedDuration::from_mins(2);

/// So much energy at another hour is no rounding.
const OTHER_HOURS: Energy = Energy::from_wh(200);

/// `is_older`: the station's numbering says that later messages have come already.
pub(super) fn measure(session: &mut Session, event: &TransactionEvent, at: Timestamp, power: Power, is_older: bool) {
    note_power(session, event, at, power);
    for read in believe::registers(session, event, at) {
        take(session, read, power, is_older);
    }
}

/// The readings of the end. Its own register is held against the start's.
pub(super) fn measure_end(session: &mut Session, event: &TransactionEvent, at: Timestamp, power: Power) {
    note_power(session, event, at, power);
    let known = session.timeline.evidence.latest();
    let reads = believe::registers(session, event, at);
    let (told, last) = (!reads.is_empty(), reads.iter().rfind(|read| read.value == Value::Register).copied());
    let mut taken = Vec::new();
    for read in reads {
        let is_news = last == Some(read) || !is_listed_again(session, read);
        if is_news && take_of_end(session, read, power) {
            taken.push(read);
        }
    }
    match taken.iter().rfind(|read| read.value == Value::Register) {
        Some(closing) => {
            let is_known = known.is_some_and(|known| known.register == closing.point.register);
            if is_known && !session.timeline.evidence.proves_energy() {
                // Nothing was drawn, perhaps within a second.
                session.timeline.evidence.read(closing.meter, closing.point, power);
            }
            close(session, *closing, power);
        }
        None => session.marks.extend((told && taken.is_empty()).then_some(Mark::END_CONTRADICTS)),
    }
}

fn note_power(session: &mut Session, event: &TransactionEvent, at: Timestamp, power: Power) {
    for reading in &event.readings {
        if let Some(watts) = reading.power_w {
            session.timeline.evidence.told_power(session.started_at, reading.at.unwrap_or(at), watts, power);
        }
    }
}

/// A register takes its place among the others. False: it has none.
fn take(session: &mut Session, read: Read, power: Power, is_older: bool) -> bool {
    match read.value {
        Value::Register => take_register(session, read, power, is_older),
        Value::Interval => take_interval(session, read, power),
    }
}

fn take_interval(session: &mut Session, read: Read, power: Power) -> bool {
    let clock = clock(session);
    let judged = session.timeline.evidence.read_interval(session.started_at, read.told_at, read.point.register);
    if let Some(judged) = judged {
        bring_up(session, read.point.at, judged, power, &clock);
    }
    true
}

fn take_register(session: &mut Session, mut read: Read, power: Power, is_older: bool) -> bool {
    let clock = clock(session);
    let course = &mut session.timeline;
    match believe::order(&course.evidence, read.point, is_older) {
        Order::Next => {}
        Order::Same => return true,
        Order::Late => {
            let is_higher = Some(read.point.register) > course.evidence.last_register();
            session.marks.add(if is_higher { Mark::LATE_CONTRADICTS } else { Mark::LATE_READING });
            note_hours(session, read.point);
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

/// A reading that comes late does not move energy between periods; where hours have prices it may have to.
pub(super) fn note_hours(session: &mut Session, point: Point) {
    let has_hours = session.pin.as_ref().is_some_and(|pin| !pin.boundaries.is_empty());
    let first = session.timeline.evidence.first_register().unwrap_or(point.register);
    let (billed, shown) = (session.timeline.energy_until(point.at), point.register.above(first));
    let differs = billed.above(shown).max(shown.above(billed)) > OTHER_HOURS;
    session.marks.extend((has_hours && differs).then_some(Mark::LATE_HOURS));
}

/// The latest register was read at this moment at the latest.
pub(super) fn redate(session: &mut Session, at: Timestamp) {
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
    let is_restored = judged.is_restored;
    let marks = session.timeline.take(at, judged, power, clock);
    if is_restored {
        Judged::TAKEN_BACK.iter().for_each(|mark| session.marks.take_back(mark));
    }
    session.marks.extend(marks);
}

/// An end may list its samples again. A register has its place among those before it when it is told: one from before the
/// latest says nothing any more, and when the register began anew since, it must not look as if it went on from there.
fn is_listed_again(session: &Session, read: Read) -> bool {
    read.value == Value::Register && session.timeline.evidence.read_at().is_some_and(|known| read.point.at < known)
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
