//! RemoteStartTransaction (OCPP 1.6, 5.11). A connector is an EVSE here.

use amprule_domain::command::Command;

use crate::encode::{Object, Times};
use crate::request::Request;

pub(crate) const REQUEST: Request = Request::typed("RemoteStartTransaction", encode);

fn encode(command: &Command, times: Times) -> Option<String> {
    let Command::Start { token, evse, .. } = command else { return None };
    let request = Object::new(times).maybe(*evse, |object, evse| object.raw("connectorId", evse));
    Some(request.text("idTag", &token.id_token).finish())
}
