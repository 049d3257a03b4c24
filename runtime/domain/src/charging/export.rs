//! What a session gave back (block Q): the registers of the export, judged as those of the import are, on a timeline of their own.
//!
//! The import's energy and its marks know nothing of it. A session of a station that tells no export has none of this.

use jiff::{SignedDuration, Timestamp};

use super::believe::{self, Order, Read, Value};
use super::state::clock;
use crate::Energy;
use crate::event::{ChargingState, TransactionEvent};
use crate::evidence::{Interval, Judged, Point, Power};
use crate::mark::Mark;
use crate::reading::Reading;
use crate::session::Session;
use crate::timeline::Timeline;

/// Who gives back is metered from shortly after the start until shortly before the end. Start and stop of 1.6 have no room for it, so that
/// what is missing is said, and nobody has to look.
const UNMETERED: SignedDuration = SignedDuration::from_mins(5);
/// Meters count so much where nobody gives back.
const NOISE: Energy = Energy::from_wh(100);

/// `is_older`: the station's numbering says that later messages have come already.
pub(super) fn measure(session: &mut Session, event: &TransactionEvent, at: Timestamp, power: Power, is_older: bool) {
    for read in believe::exports(session, event, at) {
        take(session, read, Listed { is_older, may_repeat: false }, power);
    }
}

/// The readings of the end; its last register is held against the first.
pub(super) fn measure_end(session: &mut Session, event: &TransactionEvent, at: Timestamp, power: Power) {
    let reads = believe::exports(session, event, at);
    let last = reads.iter().rfind(|read| read.value == Value::Register);
    // What is listed again from before the latest register would look as if one had begun anew, when one has since.
    let known = session.given_back.as_ref().and_then(|given| given.evidence.read_at());
    let is_told = |read: &Read| read.value == Value::Register && known.is_some_and(|known| read.point.at < known);
    for read in reads.iter().filter(|read| Some(*read) == last || !is_told(read)) {
        take(session, *read, Listed { is_older: false, may_repeat: true }, power);
    }
    let Some((given, last)) = session.given_back.as_mut().zip(last) else { return };
    let read_at = given.evidence.read_at().unwrap_or(last.point.at);
    let end = Point { at: read_at, ..last.point };
    let judged = given.evidence.close(end, power);
    bring_up(session, read_at, judged, power);
}

/// Nothing of it is after the end.
pub(super) fn finish(session: &mut Session, at: Timestamp) {
    let (begin, clock) = (session.started_at, clock(session));
    let Some(given) = &mut session.given_back else { return };
    drop(given.finish(at, &clock));
    let flowed = given.energy() > NOISE;
    let evidence = &given.evidence;
    let (first, last) = (evidence.first_read_at().unwrap_or(begin), evidence.told_until().unwrap_or(at));
    let is_unmetered = first.duration_since(begin) > UNMETERED || at.duration_since(last) > UNMETERED;
    let is_lone = !evidence.proves_energy() && evidence.first_register() > Some(Energy::ZERO);
    let has_gaps = evidence.is_sum_of_intervals() && session.seen.gaps().next().is_some();
    let is_doubtful = evidence.is_open_question() || evidence.may_begin_stale() || evidence.stands_after_first_step();
    session.marks.add_if(flowed && (is_unmetered || has_gaps) || is_lone, Mark::EXPORT_ODD);
    session.marks.add_if(is_doubtful, Mark::EXPORT_DOUBTFUL);
}

/// A register that is higher than all that is known. One alone, with none before it, tells nothing.
pub(super) fn tells_higher(session: &Session, event: &TransactionEvent) -> bool {
    let highest = session.given_back.as_ref().and_then(|given| given.evidence.highest());
    let exported = event.readings.iter().filter_map(|reading| reading.export.register);
    highest.is_some_and(|highest| exported.max().is_some_and(|shown| shown > highest))
}

/// What comes after the end and tells more is not credited; a person has to look.
pub(super) fn after_the_end(session: &mut Session, event: &TransactionEvent) {
    let has_interval = event.readings.iter().filter_map(Reading::as_exported).any(|reading| reading.is_interval());
    session.marks.add_if(has_interval || tells_higher(session, event), Mark::EXPORT_DOUBTFUL);
}

/// How a reading stands in its message.
#[derive(Clone, Copy)]
struct Listed {
    is_older: bool,
    /// It may have been told before.
    may_repeat: bool,
}

fn take(session: &mut Session, read: Read, listed: Listed, power: Power) {
    let Listed { is_older, may_repeat } = listed;
    let (begin, has_booted) = (session.started_at, session.signs.booted.is_some());
    let given = session.given_back.get_or_insert_with(|| Box::new(Timeline::new(begin, ChargingState::Charging)));
    let Read { meter, value, mut point, told_at } = read;
    let judged = match value {
        Value::Interval(context) => {
            let interval = Interval { context, at: told_at, energy: point.register, may_repeat };
            given.evidence.read_interval(begin, interval, power)
        }
        Value::Register => {
            match believe::order(&given.evidence, point, is_older) {
                Order::Next => {}
                Order::Same => return,
                Order::Late => {
                    let is_higher = given.evidence.last_register().is_some_and(|last| point.register > last);
                    return session.marks.add_if(is_higher, Mark::EXPORT_DOUBTFUL);
                }
                Order::Redates | Order::Contradicts | Order::SetBack => {
                    point.at = given.evidence.read_at().unwrap_or(point.at);
                    point.dated = false;
                }
            }
            // The first register after a boot may be of a meter that has begun anew.
            let may_restart = has_booted && given.evidence.may_restart_at(point, power);
            session.marks.add_if(may_restart, Mark::EXPORT_DOUBTFUL);
            given.evidence.read(meter, point, power)
        }
    };
    if let Some(judged) = judged {
        bring_up(session, point.at, judged, power);
        // What an interval had counted before the station booted is lost.
        session.marks.add_if(has_booted && value != Value::Register, Mark::EXPORT_ODD);
    }
}

fn bring_up(session: &mut Session, at: Timestamp, judged: Judged, power: Power) {
    let clock = clock(session);
    let Some(given) = &mut session.given_back else { return };
    let odd = given.take(at, judged, power, &clock);
    let is_doubtful = |mark: &Mark| mark.doubts_the_money() || *mark == Mark::REGISTER_NEGATIVE;
    let is_sure = odd.iter().all(|mark| *mark == Mark::PERIODS_FOLDED);
    session.marks.add_if(!is_sure, Mark::EXPORT_ODD);
    session.marks.add_if(odd.iter().any(is_doubtful), Mark::EXPORT_DOUBTFUL);
}
