//! Which of a station's times are believed.

use jiff::{SignedDuration, Timestamp};

use crate::event::{Inbound, StationEvent};
use crate::mark::Mark;
use crate::reading::Reading;

/// A clock that is further ahead is wrong.
const AHEAD: SignedDuration = SignedDuration::from_hours(24);
/// Offline messages come late, but not later than this.
const BEHIND: SignedDuration = SignedDuration::from_hours(366 * 24);

/// Forgets times that cannot be: the time of receipt is taken for them, and the message is marked.
pub fn believe_times(inbound: &mut Inbound, now: Timestamp) {
    let mut repaired = false;
    let mut believe = |at: &mut Option<Timestamp>| {
        let incredible = at.is_some_and(|at| at.duration_since(now) > AHEAD || now.duration_since(at) > BEHIND);
        if incredible {
            *at = None;
            repaired = true;
        }
    };
    match &mut inbound.event {
        StationEvent::Transaction(event) => {
            believe(&mut event.at);
            event.readings.iter_mut().for_each(|reading: &mut Reading| believe(&mut reading.at));
        }
        StationEvent::MeterValues(values) => values.readings.iter_mut().for_each(|reading| believe(&mut reading.at)),
        StationEvent::Status(status) => believe(&mut status.at),
        _ => {}
    }
    if repaired {
        inbound.marks.push(Mark::TIME_REPAIRED);
    }
}
