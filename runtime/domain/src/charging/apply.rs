//! What an event of this block comes to, prices aside.

use super::admit::decided;
use super::told::Told;
use super::{Admission, ChargingEvent, Station, Step, metered, transaction};
use crate::event::Inbound;
use crate::moment::Moment;
use crate::reply::Reply;

pub(crate) fn apply(
    station: &Station,
    inbound: &Inbound,
    event: &ChargingEvent,
    admission: Admission,
    moment: &Moment<'_>,
) -> Step {
    match event {
        ChargingEvent::Transaction(event) => {
            let mut step = transaction::apply(Told { station, inbound, event, admission: &admission, moment });
            let about = step.sessions.first().map(|session| session.id);
            step.effects.extend(decided(admission, about));
            step
        }
        // Not a message: see `crate::learned`.
        ChargingEvent::Whereabouts(_) => Step::reply(Reply::Empty),
        ChargingEvent::MeterValues(values) => metered::metered(station, inbound, values, &admission, moment),
    }
}
