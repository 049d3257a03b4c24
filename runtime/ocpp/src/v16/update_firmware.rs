//! UpdateFirmware (OCPP 1.6, 6.19).

use amprule_domain::command::Command;

use crate::encode::{Object, Times};
use crate::request::Request;
use crate::v201::update_firmware::outcome;

pub(crate) const REQUEST: Request = Request::typed("UpdateFirmware", encode).means(outcome);

/// It has no word for a signature, and none for when to install: the station decides.
fn encode(command: &Command, times: Times) -> Option<String> {
    let Command::Firmware(update) = command else { return None };
    if update.signed.is_some() || update.install_at.is_some() {
        return None;
    }
    let request = Object::new(times).text("location", &update.location);
    let request = request.maybe(update.retries, |object, retries| object.raw("retries", retries));
    let request = request.time("retrieveDate", update.retrieve_at);
    Some(request.maybe(update.retry_interval_s, |object, pause| object.raw("retryInterval", pause)).finish())
}
