//! UnpublishFirmware (OCPP 2.0.1, L04): a local controller is asked to serve a file no longer.

use amprule_domain::event::{FirmwareEvent, StationEvent};
use serde_json::Value;

use crate::request::{Request, says};

pub(crate) const REQUEST: Request = Request::named("UnpublishFirmware").means(outcome);

/// `NoFirmware`: it serves none of this checksum.
fn outcome(asked: &Value, answered: &Value) -> Option<StationEvent> {
    let is_gone = says(answered, "Unpublished") || says(answered, "NoFirmware");
    let checksum = asked["checksum"].as_str().filter(|_| is_gone)?.to_owned();
    Some(StationEvent::Firmware(FirmwareEvent::Unpublished { checksum }))
}
