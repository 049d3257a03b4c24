//! Which of a message's times and registers are believed.
//!
//! There are several clocks, and none is trusted alone: the station's, which may be years back before it is set; ours,
//! which may be wrong after a start; and the order in which registers rise, which no clock can turn around.

use jiff::{SignedDuration, Timestamp};

use crate::Energy;
use crate::event::{ChargingEvent, Inbound, Phase, StationEvent, TransactionEvent};
use crate::evidence::{Evidence, Point};
use crate::mark::Mark;
use crate::reading::{Context, Meter, Reading};
use crate::session::Session;

/// Times of one moment may differ by so much.
pub(super) const SLACK: SignedDuration = SignedDuration::from_secs(60);
/// A station's clock that is further ahead than this is not believed.
const AHEAD: SignedDuration = SignedDuration::from_mins(5);
/// Offline messages come late, but not later than this.
const BEHIND: SignedDuration = SignedDuration::from_hours(366 * 24);
/// Readings of an end that are dated so shortly after it belong to it.
const AFTER_END: SignedDuration = SignedDuration::from_secs(120);

/// Forgets times that cannot be: the time of receipt is taken for them, and the message is marked. An event that is a
/// little ahead is of now. While our own clock cannot be trusted nothing is held against it.
pub fn believe_times(inbound: &mut Inbound, now: Timestamp, clock_is_sane: bool) {
    if !clock_is_sane {
        return;
    }
    let mut repaired = false;
    let mut believe = |at: &mut Option<Timestamp>| {
        let ahead = at.map_or(SignedDuration::ZERO, |at| at.duration_since(now));
        if ahead > AHEAD || -ahead > BEHIND {
            *at = None;
            repaired = true;
        }
    };
    match &mut inbound.event {
        StationEvent::Charging(ChargingEvent::Transaction(event)) => {
            let told = event.at;
            believe(&mut event.at);
            event.at = event.at.map(|at| at.min(now));
            event.told_at = told.filter(|_| told != event.at);
            event.readings.iter_mut().for_each(|reading: &mut Reading| believe(&mut reading.at));
        }
        StationEvent::Charging(ChargingEvent::MeterValues(values)) => {
            values.readings.iter_mut().for_each(|reading| believe(&mut reading.at));
        }
        StationEvent::Availability(status) => {
            believe(&mut status.at);
            status.at = status.at.map(|at| at.min(now));
        }
        _ => {}
    }
    if repaired {
        inbound.marks.push(Mark::TIME_REPAIRED);
    }
}

/// A register with the moment at which it can have been read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Read {
    pub meter: Meter,
    pub value: Value,
    pub point: Point,
    /// As the station dated it: this is how a reading that is sent again is recognised.
    pub told_at: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value {
    Register,
    /// What flowed since the interval before, of this series.
    Interval(Context),
}

/// The registers of a message in the order of their times. Those of the end come last, at the end.
pub(super) fn registers(session: &Session, event: &TransactionEvent, at: Timestamp) -> Vec<Read> {
    let mut reads: Vec<Read> = event.readings.iter().filter_map(|reading| read(session, event, reading, at)).collect();
    reads.sort_by_key(|read| read.point.at);
    reads
}

/// The same of what the vehicle gave back.
pub(super) fn exports(session: &Session, event: &TransactionEvent, at: Timestamp) -> Vec<Read> {
    let exported = event.readings.iter().filter_map(Reading::as_exported);
    let mut reads: Vec<Read> = exported.filter_map(|reading| read(session, event, &reading, at)).collect();
    reads.sort_by_key(|read| read.point.at);
    reads
}

fn read(session: &Session, event: &TransactionEvent, reading: &Reading, at: Timestamp) -> Option<Read> {
    let (value, register) = match (reading.register, reading.interval) {
        (Some(register), _) => (Value::Register, register),
        (None, Some(energy)) => (Value::Interval(reading.context), energy),
        (None, None) => return None,
    };
    let told = match reading.context {
        Context::Begin => Some(session.started_at),
        // It is the last one, even if the station has another time for it.
        Context::End if event.phase == Phase::Ended => {
            let read_at = session.timeline.evidence.read_at();
            reading.at.filter(|told| Some(*told) >= read_at).or(Some(at))
        }
        Context::End | Context::Periodic | Context::Clock | Context::Other => reading.at,
    };
    let moment = told.unwrap_or(at).clamp(session.started_at, at.max(session.started_at));
    let point = Point { at: moment, register, dated: told.is_some_and(|told| told >= session.started_at) };
    Some(Read { meter: reading.meter, value, point, told_at: reading.at.unwrap_or(moment) })
}

/// How a register stands to those before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Order {
    /// Later than all others.
    Next,
    /// It is known already.
    Same,
    /// The station's order says that it is older than what we have.
    Late,
    /// Older by its time, newer by its height: the one before, whose time was not certain, was read earlier.
    Redates,
    /// The same, though the one before was dated: one of the two has the wrong time.
    Contradicts,
    /// Older by its time than even the one before that, and newer by its height: the clock was set back.
    SetBack,
}

/// `is_older`: the station's own numbering says that the message is older than others that have come.
pub(super) fn order(evidence: &Evidence, point: Point, is_older: bool) -> Order {
    let Some(latest) = evidence.latest() else { return Order::Next };
    if point.at > latest.at || (point.at == latest.at && point.register != latest.register) {
        return Order::Next;
    }
    let last = evidence.last_register().unwrap_or(Energy::ZERO);
    let is_higher = point.register > last.max(latest.register);
    match evidence.read_before() {
        _ if point.register == latest.register => Order::Same,
        _ if is_older || !is_higher => Order::Late,
        Some(before) if point.at >= before && latest.dated => Order::Contradicts,
        Some(before) if point.at >= before => Order::Redates,
        Some(_) | None => Order::SetBack,
    }
}

/// When the session ended: not before what was read in it, unless that was misdated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct End {
    pub at: Timestamp,
    /// The latest reading was dated after it.
    pub redates: bool,
    pub clock_moved: bool,
}

pub(super) fn end(session: &Session, event: &TransactionEvent, now: Timestamp) -> End {
    let timeline = &session.timeline;
    let certain = |at| End { at, redates: false, clock_moved: false };
    let Some(told) = event.at else {
        // What the station says after a boot may be about long ago.
        let latest = timeline.evidence.read_at().unwrap_or(session.started_at);
        return certain(if session.stop_awaited_since.is_some() { latest } else { now.max(timeline.at) });
    };
    let Some(read_at) = timeline.evidence.read_at().filter(|read_at| told < *read_at) else {
        return certain(told.max(session.started_at));
    };
    let before = timeline.evidence.read_before().unwrap_or(read_at);
    if told >= before && told >= session.started_at || told + AFTER_END >= read_at {
        return End { redates: true, ..certain(told.max(session.started_at)) };
    }
    End { clock_moved: true, ..certain(read_at) }
}
