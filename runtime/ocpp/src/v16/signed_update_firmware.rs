//! SignedUpdateFirmware (security whitepaper for OCPP 1.6).

use amprule_domain::command::Command;

use crate::encode::Times;
use crate::request::Request;
use crate::v201::update_firmware::{self, outcome};

pub(crate) const REQUEST: Request = Request::typed("SignedUpdateFirmware", encode).means(outcome);

fn encode(command: &Command, times: Times) -> Option<String> {
    let Command::Firmware(update) = command else { return None };
    update.signed.as_ref().map(|_| update_firmware::request(update, times))
}
