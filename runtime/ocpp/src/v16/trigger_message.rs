//! TriggerMessage (OCPP 1.6, 5.17).

use amprule_domain::command::Command;

use crate::encode::{Object, Times};
use crate::request::Request;
use crate::v16::words;

pub(crate) const REQUEST: Request = Request::typed("TriggerMessage", encode);

fn encode(command: &Command, times: Times) -> Option<String> {
    let Command::Trigger { message, evse, .. } = command else { return None };
    let request = Object::new(times).text("requestedMessage", words::trigger(*message)?);
    Some(request.maybe(*evse, |object, evse| object.raw("connectorId", evse)).finish())
}
