//! TriggerMessage (OCPP 2.0.1, 1.59).

use amprule_domain::command::{Command, Trigger};

use crate::encode::{Object, Times};
use crate::request::Request;
use crate::v16::words::trigger;
use crate::v201::words;

pub(crate) const REQUEST: Request = Request::typed("TriggerMessage", encode);

fn encode(command: &Command, times: Times) -> Option<String> {
    let Command::Trigger { message, evse, connector } = command else { return None };
    let request =
        Object::new(times).maybe(*evse, |object, evse| object.raw("evse", words::place(evse, *connector, times)));
    Some(request.text("requestedMessage", word(*message)).finish())
}

/// Of MessageTriggerEnumType.
fn word(message: Trigger) -> &'static str {
    trigger(message).unwrap_or(match message {
        Trigger::SignV2gCertificate => "SignV2GCertificate",
        Trigger::SignV2g20Certificate => "SignV2G20Certificate",
        Trigger::SignCombinedCertificate => "SignCombinedCertificate",
        _ => "SignChargingStationCertificate",
    })
}
