//! A message's readings become the session's energy, or marks.

use jiff::{SignedDuration, Timestamp};

use super::believe::{self, Order, Read, SLACK, Value};
use super::state::clock;
use crate::Energy;
use crate::event::{ChargingState, TransactionEvent};
use crate::evidence::{Interval, Judged, Point, Power};
use crate::mark::Mark;
use crate::reading::{Context, Reading};
use crate::session::Session;
use crate::timeline::TariffClock;

/// A station that samples at all has told something within this.
const SILENT: SignedDuration = SignedDuration::from_hours(24);
/// The register of a start may be so much older.
const EARLY: SignedDuration = SignedDuration::from_secs(10);

/// More energy than this at another hour is not a rounding.
const OTHER_HOURS: Energy = Energy::from_wh(200);

/// `is_older`: the station's numbering says that later messages have come already.
pub(super) fn measure(session: &mut Session, event: &TransactionEvent, at: Timestamp, power: Power, is_older: bool) {
    note_lead(session, event);
    note_silence(session, event, at);
    hear_witnesses(session, event, at, power);
    for read in believe::registers(session, event, at) {
        take(session, read, power, is_older);
    }
}

/// The readings of the end. Its own register is held against the start's.
pub(super) fn measure_end(session: &mut Session, event: &TransactionEvent, at: Timestamp, power: Power) {
    note_lead(session, event);
    hear_witnesses(session, event, at, power);
    let known = session.timeline.evidence.latest();
    let reads = believe::registers(session, event, at);
    let own = own_register(session, event, &reads);
    let taken = take_news(session, &reads, own, power);
    let has_restarted = !session.marks.has(&Mark::REGISTER_FELL) && falls(event);
    session.marks.add_if(has_restarted, Mark::REGISTER_RESTARTED);
    let closing = last_register(&taken);
    let is_unseen = event.at.is_none() && (closing.is_none() || closing != last_register(&reads) || !says_end(event));
    session.marks.add_if(is_unseen && session.timeline.state == ChargingState::Charging, Mark::END_UNMETERED);
    match closing {
        Some(closing) => close(session, closing, known, power),
        None => {
            let is_other = |read: &Read| !known.is_some_and(|known| is_same(known, *read));
            session.marks.add_if(taken.is_empty() && reads.iter().any(is_other), Mark::END_CONTRADICTS);
            // Readings that named no transaction may be another meter's, and nothing confirms the last one.
            session.marks.add_if(session.marks.has(&Mark::TRANSACTION_REPAIRED), Mark::END_CONTRADICTS);
        }
    }
}

/// The register of the very end, if one of these is it.
fn own_register(session: &Session, event: &TransactionEvent, reads: &[Read]) -> Option<Read> {
    let is_of_end = |read: &Read| event.told().is_some_and(|told| read.told_at + SLACK >= told);
    let is_first = !session.timeline.evidence.proves_energy();
    last_register(reads).filter(|last| says_end(event) || is_first || is_of_end(last))
}

fn last_register(reads: &[Read]) -> Option<Read> {
    reads.iter().rfind(|read| read.value == Value::Register).copied()
}

fn says_end(event: &TransactionEvent) -> bool {
    event.readings.iter().any(|reading| reading.context == Context::End && reading.tells_import())
}

/// Takes the end's own register, and of the others what was not told before. Returns what counts.
fn take_news(session: &mut Session, reads: &[Read], own: Option<Read>, power: Power) -> Vec<Read> {
    let known = session.timeline.evidence.latest();
    let mut taken = Vec::new();
    for read in reads.iter().copied() {
        let was_told = is_listed_again(session, read) || known.is_some_and(|known| is_same(known, read));
        if (own == Some(read) || !was_told) && take_of_end(session, read, power) {
            taken.push(read);
        }
    }
    taken
}

/// A clock that is not believed still tells how long it was to the first register or interval.
fn note_lead(session: &mut Session, event: &TransactionEvent) {
    let is_clamped = event.told_at.is_some() || session.started_as.is_some();
    let told = event.told().filter(|_| is_clamped && session.timeline.evidence.told_until().is_none());
    if let Some(told) = told {
        let start = session.started_as.unwrap_or(session.started_at);
        session.timeline.evidence.leads(told.as_second() - start.as_second());
    }
}

fn hear_witnesses(session: &mut Session, event: &TransactionEvent, at: Timestamp, power: Power) {
    for reading in &event.readings {
        session.timeline.evidence.hear(session.started_at, reading.at.unwrap_or(at), reading, power);
    }
}

/// The start of a session that is first heard of a day later may have the time of another clock.
fn note_silence(session: &mut Session, event: &TransactionEvent, at: Timestamp) {
    let tells_import = event.readings.iter().any(Reading::tells_import);
    let has_only_begun = !session.timeline.evidence.has_heard_since(session.started_at);
    let is_long = at.duration_since(session.started_at) > SILENT;
    session.marks.add_if(has_only_begun && is_long && tells_import, Mark::START_UNDATED);
}

/// A register takes its place among the others. False: it has none.
fn take(session: &mut Session, read: Read, power: Power, is_older: bool) -> bool {
    match read.value {
        Value::Register => take_register(session, read, power, is_older),
        Value::Interval(context) => take_interval(session, read, context, power, false),
    }
}

/// `may_repeat`: it is in a list that may have been told before.
fn take_interval(session: &mut Session, read: Read, context: Context, power: Power, may_repeat: bool) -> bool {
    let clock = clock(session);
    let (begin, evidence) = (session.started_at, &mut session.timeline.evidence);
    let interval = Interval { context, at: read.told_at, energy: read.point.register, may_repeat };
    if let Some(judged) = evidence.read_interval(begin, interval, power) {
        bring_up(session, read.point.at, judged, power, &clock);
        // What an interval had counted before the station booted is lost.
        session.marks.add_if(session.signs.booted.is_some(), Mark::ENERGY_INCOMPLETE);
    }
    true
}

fn take_register(session: &mut Session, mut read: Read, power: Power, is_older: bool) -> bool {
    let clock = clock(session);
    let timeline = &mut session.timeline;
    match believe::order(&timeline.evidence, read.point, is_older) {
        Order::Next => {}
        Order::Same => return true,
        Order::Late => {
            let lacks_start = timeline.evidence.first_read_at() > Some(session.started_at);
            let earlier = lacks_start.then(|| timeline.evidence.reach_back(read.point, power)).flatten();
            if let Some((judged, until)) = earlier {
                session.marks.add(Mark::LATE_READING);
                bring_up(session, until, judged, power, &clock);
                return true;
            }
            let is_higher = Some(read.point.register) > timeline.evidence.last_register();
            let contradicts = is_higher || timeline.evidence.began_above(Some(read.point.register));
            session.marks.add(if contradicts { Mark::LATE_CONTRADICTS } else { Mark::LATE_READING });
            note_hours(session, read.point);
            return false;
        }
        Order::Redates => redate(session, read.point.at),
        Order::Contradicts => {
            redate(session, read.point.at);
            session.marks.add(Mark::CLOCK_MOVED);
        }
        Order::SetBack => {
            read.point.at = timeline.evidence.read_at().unwrap_or(read.point.at);
            read.point.dated = false;
            session.marks.add(Mark::CLOCK_MOVED);
        }
    }
    doubt_the_first(session, read);
    suspect_restart(session, read, power);
    match session.timeline.evidence.read(read.meter, read.point, power) {
        Some(judged) => {
            bring_up(session, read.point.at, judged, power, &clock);
            read.point.register >= Energy::ZERO
        }
        None => {
            session.marks.add_if(read.meter.phases != 0, Mark::PHASES_MISSING);
            false
        }
    }
}

/// The first register after a boot may be of a meter that has begun anew.
fn suspect_restart(session: &mut Session, read: Read, power: Power) {
    let evidence = &session.timeline.evidence;
    if session.signs.booted.is_none() {
        return;
    }
    let may_have_restarted = evidence.may_restart_at(read.point, power);
    // What looks like a dropout may be one that began anew: that doubt is not taken back when the register comes back.
    let is_lost = evidence.is_astray() || (may_have_restarted && Some(read.point.register) < evidence.last_register());
    session.marks.add_if(may_have_restarted, Mark::REGISTER_RESTARTED);
    session.marks.add_if(is_lost, Mark::END_CONTRADICTS);
}

/// A reading that comes late does not move energy between periods; where hours have prices it may have to.
pub(super) fn note_hours(session: &mut Session, point: Point) {
    let has_hours = session.pin.as_ref().is_some_and(|pin| !pin.boundaries.is_empty());
    let first = session.timeline.evidence.first_register().unwrap_or(point.register);
    let (billed, shown) = (session.timeline.energy_until(point.at), point.register.above(first));
    let differs = billed.above(shown).max(shown.above(billed)) > OTHER_HOURS;
    session.marks.add_if(has_hours && differs, Mark::LATE_HOURS);
}

/// The latest register was read at this moment at the latest.
pub(super) fn redate(session: &mut Session, at: Timestamp) {
    session.timeline.cut_off(at);
    session.timeline.evidence.redate(at);
    session.marks.add(Mark::TIME_REPAIRED);
}

/// A first register from before the start has the wrong time.
fn doubt_the_first(session: &mut Session, read: Read) {
    if session.timeline.evidence.latest().is_some() || session.marks.has(&Mark::NO_START) {
        return;
    }
    let is_before = session.started_at.duration_since(read.told_at) > EARLY;
    session.marks.add_if(is_before, Mark::START_UNMETERED);
}

fn bring_up(session: &mut Session, at: Timestamp, judged: Judged, power: Power, clock: &TariffClock) {
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

/// What an end lists again shows that the register has begun anew. A zero is none.
fn falls(event: &TransactionEvent) -> bool {
    let is_main = |reading: &&Reading| reading.context != Context::End && reading.meter.is_main();
    let mut listed: Vec<_> = event.readings.iter().filter(is_main).filter_map(|r| r.at.zip(r.register)).collect();
    listed.sort_unstable();
    listed.windows(2).any(|pair| Energy::ZERO < pair[1].1 && pair[0].1.above(pair[1].1) > OTHER_HOURS)
}

/// With a time that is believed by now; that it was read then already, nobody knows.
fn is_same(known: Point, read: Read) -> bool {
    read.value == Value::Register && read.point.register == known.register
}

/// What an end lists again was sampled on the way: nothing that is known is late.
fn take_of_end(session: &mut Session, read: Read, power: Power) -> bool {
    let was_late = session.marks.has(&Mark::LATE_READING);
    let taken = match read.value {
        Value::Register => take_register(session, read, power, false),
        Value::Interval(context) => take_interval(session, read, context, power, true),
    };
    if !was_late {
        session.marks.take_back(&Mark::LATE_READING);
    }
    taken
}

/// `known`: the latest register before the end.
fn close(session: &mut Session, closing: Read, known: Option<Point>, power: Power) {
    let clock = clock(session);
    let evidence = &mut session.timeline.evidence;
    let is_known = known.is_some_and(|known| known.register == closing.point.register);
    if is_known && !evidence.proves_energy() && !evidence.is_open_question() {
        // Nothing was drawn, perhaps within a second.
        evidence.read(closing.meter, closing.point, power);
    }
    let point = Point { at: evidence.read_at().unwrap_or(closing.point.at), ..closing.point };
    let judged = evidence.close(point, power);
    bring_up(session, point.at, judged, power, &clock);
}
