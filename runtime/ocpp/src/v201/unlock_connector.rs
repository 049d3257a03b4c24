//! UnlockConnector (OCPP 2.0.1, 1.63).

use amprule_domain::command::Command;

use crate::encode::{Object, Times};
use crate::request::Request;

pub(crate) const REQUEST: Request = Request::typed("UnlockConnector", encode);

fn encode(command: &Command, times: Times) -> Option<String> {
    let Command::Unlock { evse, connector } = command else { return None };
    Some(Object::new(times).raw("evseId", evse).raw("connectorId", connector).finish())
}
