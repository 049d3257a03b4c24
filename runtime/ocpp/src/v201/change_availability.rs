//! ChangeAvailability (OCPP 2.0.1, 1.6).

use amprule_domain::command::Command;

use crate::encode::{Object, Times};
use crate::request::Request;
use crate::v201::words;

pub(crate) const REQUEST: Request = Request::typed("ChangeAvailability", encode);

fn encode(command: &Command, times: Times) -> Option<String> {
    let Command::Availability { evse, connector, is_operative } = command else { return None };
    let status = if *is_operative { "Operative" } else { "Inoperative" };
    let request =
        Object::new(times).maybe(*evse, |object, evse| object.raw("evse", words::place(evse, *connector, times)));
    Some(request.text("operationalStatus", status).finish())
}
