//! UpdateFirmware (OCPP 2.0.1, 1.63); SignedUpdateFirmware of 1.6 says the same.

use amprule_domain::command::{Command, Update};
use amprule_domain::event::{FirmwareEvent, StationEvent};
use serde_json::Value;

use crate::encode::{Object, Times};
use crate::request::Request;
use crate::said::{int, plain};

pub(crate) const REQUEST: Request = Request::typed("UpdateFirmware", encode).means(outcome);

fn encode(command: &Command, times: Times) -> Option<String> {
    let Command::Firmware(update) = command else { return None };
    Some(request(update, times))
}

/// Signed where the file is.
pub(crate) fn request(update: &Update, times: Times) -> String {
    let firmware = Object::new(times).text("location", &update.location).time("retrieveDateTime", update.retrieve_at);
    let firmware = firmware.maybe(update.install_at, |object, at| object.time("installDateTime", at));
    let firmware = firmware.maybe(update.signed.as_ref(), |object, signed| {
        object.text("signingCertificate", &signed.certificate).text("signature", &signed.signature)
    });
    let request = Object::new(times).maybe(update.retries, |object, retries| object.raw("retries", retries));
    let request = request.maybe(update.retry_interval_s, |object, pause| object.raw("retryInterval", pause));
    request.raw("requestId", update.number).raw("firmware", firmware.finish()).finish()
}

pub(crate) fn outcome(asked: &Value, answered: &Value) -> Option<StationEvent> {
    let status = plain(&answered["status"]).unwrap_or_default();
    Some(StationEvent::Firmware(FirmwareEvent::Asked {
        request: int(&asked["requestId"]),
        what: asked.clone(),
        status,
        of: Value::Null,
    }))
}
