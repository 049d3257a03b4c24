//! RequestStartTransaction (OCPP 2.0.1, 1.48).

use amprule_domain::command::Command;

use crate::encode::{Object, Times};
use crate::request::Request;
use crate::v201::words;

pub(crate) const REQUEST: Request = Request::typed("RequestStartTransaction", encode);

fn encode(command: &Command, times: Times) -> Option<String> {
    let Command::Start { token, evse, number, .. } = command else { return None };
    let request = Object::new(times).maybe(*evse, |object, evse| object.raw("evseId", evse));
    Some(request.raw("remoteStartId", number).raw("idToken", words::id_token(token, times)).finish())
}
