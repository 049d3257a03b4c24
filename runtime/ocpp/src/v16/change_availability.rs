//! ChangeAvailability (OCPP 1.6, 5.2). 0 is the whole station.

use amprule_domain::command::Command;

use crate::encode::{Object, Times};
use crate::request::Request;

pub(crate) const REQUEST: Request = Request::typed("ChangeAvailability", encode);

fn encode(command: &Command, times: Times) -> Option<String> {
    let Command::Availability { evse, is_operative, .. } = command else { return None };
    let kind = if *is_operative { "Operative" } else { "Inoperative" };
    Some(Object::new(times).raw("connectorId", evse.unwrap_or(0)).text("type", kind).finish())
}
