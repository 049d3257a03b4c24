//! Heartbeat (OCPP 1.6, 4.6).

use amprule_domain::event::{ProvisioningEvent, StationEvent};
use amprule_domain::reply::Reply;
use serde::Deserialize;

use crate::encode::{Object, Times};
use crate::message::Message;
use crate::payload::{Trouble, read};
use crate::strictness::Repairs;

pub(crate) const MESSAGE: Message = Message::anew("Heartbeat", decode, reply);

#[derive(Deserialize)]
struct Heartbeat {}

fn decode(payload: &str, _: &mut Repairs) -> Result<StationEvent, Trouble> {
    read::<Heartbeat>(payload).map(|_| StationEvent::Provisioning(ProvisioningEvent::Heartbeat))
}

fn reply(reply: &Reply, times: Times) -> Option<String> {
    let Reply::Heartbeat { now } = reply else { return None };
    Some(Object::new(times).time("currentTime", *now).finish())
}
