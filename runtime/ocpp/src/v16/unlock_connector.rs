//! UnlockConnector (OCPP 1.6, 5.18).

use amprule_domain::command::Command;

use crate::encode::{Object, Times};
use crate::request::Request;

pub(crate) const REQUEST: Request = Request::typed("UnlockConnector", encode);

fn encode(command: &Command, times: Times) -> Option<String> {
    let Command::Unlock { evse, .. } = command else { return None };
    Some(Object::new(times).raw("connectorId", evse).finish())
}
