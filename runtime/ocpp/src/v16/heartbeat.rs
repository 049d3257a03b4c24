//! Heartbeat (OCPP 1.6, 4.6).

use amprule_domain::Timestamp;
use amprule_domain::event::StationEvent;
use serde::Deserialize;

use crate::encode::{Object, Times};
use crate::payload::{Trouble, read};
use crate::strictness::Repairs;

#[derive(Deserialize)]
struct Heartbeat {}

pub(crate) fn decode(payload: &str, _: &mut Repairs) -> Result<StationEvent, Trouble> {
    read::<Heartbeat>(payload).map(|_| StationEvent::Heartbeat)
}

pub(crate) fn reply(now: Timestamp, times: Times) -> String {
    Object::new(times).time("currentTime", now).finish()
}
