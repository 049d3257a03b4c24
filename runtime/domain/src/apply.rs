//! A message's consequences, prices aside: to each functional block its events.

use crate::charging::{Admission, Station, Step, decided};
use crate::event::{ChargingEvent, Inbound, Repetition, StationEvent};
use crate::moment::Moment;
use crate::reply::Reply;
use crate::{availability, charging, data_transfer, kept, provisioning};

pub fn apply(station: &Station, inbound: &Inbound, admission: Admission, moment: &Moment<'_>) -> Step {
    match &inbound.event {
        StationEvent::Provisioning(event) => provisioning::apply(station, inbound, event, moment),
        StationEvent::Authorization(_) => authorized(admission),
        StationEvent::Availability(status) => availability::apply(station, inbound, status, moment),
        StationEvent::Charging(event) => charging::apply(station, inbound, event, admission, moment),
        StationEvent::DataTransfer(_) => data_transfer::apply(station, inbound, moment),
        StationEvent::Unread => kept::answered(station, inbound, moment, "unread", Reply::Empty),
    }
}

fn authorized(admission: Admission) -> Step {
    let reply = Reply::Authorize(admission.info.clone());
    Step { effects: decided(admission, None).collect(), ..Step::reply(reply) }
}

/// Whether this reply can be the one that was given to this message. After a restart only the fact that a message was
/// answered may be known, not with what; then its session answers again.
pub fn may_repeat(inbound: &Inbound, reply: &Reply) -> bool {
    let is_fitting = match &inbound.event {
        StationEvent::Charging(ChargingEvent::Transaction(event)) => (*reply == Reply::Empty) == event.is_plain(),
        _ => true,
    };
    inbound.repetition == Repetition::Same && is_fitting
}
