//! Reset (OCPP 2.0.1, 1.53).

use amprule_domain::command::Command;

use crate::encode::{Object, Times};
use crate::request::Request;

pub(crate) const REQUEST: Request = Request::typed("Reset", encode);

fn encode(command: &Command, times: Times) -> Option<String> {
    let Command::Reset { evse, is_immediate } = command else { return None };
    let request = Object::new(times).text("type", if *is_immediate { "Immediate" } else { "OnIdle" });
    Some(request.maybe(*evse, |object, evse| object.raw("evseId", evse)).finish())
}
