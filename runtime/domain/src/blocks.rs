//! The standard's functional blocks: what stations say to each of them, and a message's consequences, prices aside.

use serde::{Deserialize, Serialize};

use crate::availability::ConnectorStatus;
use crate::charging::{Admission, ChargingEvent, Station, Step, decided};
use crate::data_transfer::DataTransfer;
use crate::event::{Inbound, Repetition};
use crate::moment::Moment;
use crate::provisioning::ProvisioningEvent;
use crate::reply::Reply;
use crate::token::IdToken;
use crate::{availability, charging, data_transfer, kept, provisioning};

/// What each block does with it is in the module of its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum StationEvent {
    Provisioning(ProvisioningEvent),
    Authorization(IdToken),
    Availability(ConnectorStatus),
    Charging(ChargingEvent),
    DataTransfer(DataTransfer),
    /// A notification that nothing here understands. Its raw payload is kept.
    Unread,
}

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
