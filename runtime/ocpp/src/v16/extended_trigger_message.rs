//! ExtendedTriggerMessage (Improved security for OCPP 1.6-J): what TriggerMessage has no word for.

use amprule_domain::command::{Command, Trigger};

use crate::encode::{Object, Times};
use crate::request::Request;

pub(crate) const REQUEST: Request = Request::typed("ExtendedTriggerMessage", encode);

fn encode(command: &Command, times: Times) -> Option<String> {
    let Command::Trigger { message: Trigger::SignCertificate, .. } = command else { return None };
    Some(Object::new(times).text("requestedMessage", "SignChargePointCertificate").finish())
}
