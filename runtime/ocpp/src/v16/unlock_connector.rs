//! UnlockConnector (OCPP 1.6, 5.18).

use amprule_domain::command::Command;

use crate::encode::{Object, Times};
use crate::request::{Request, status};

pub(crate) const REQUEST: Request = Request { action: "UnlockConnector", encode, decode: status };

fn encode(command: &Command, times: Times) -> Option<String> {
    let Command::Unlock { evse, .. } = command else { return None };
    Some(Object::new(times).raw("connectorId", evse).finish())
}
