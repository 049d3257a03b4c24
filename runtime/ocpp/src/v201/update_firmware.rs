//! UpdateFirmware (OCPP 2.0.1, 1.63); SignedUpdateFirmware of 1.6 says the same.

use amprule_domain::event::{FirmwareEvent, StationEvent};
use serde_json::Value;

use crate::request::Request;
use crate::said::{int, plain};

pub(crate) const REQUEST: Request = Request::named("UpdateFirmware").means(outcome);

pub(crate) fn outcome(asked: &Value, answered: &Value) -> Option<StationEvent> {
    let status = plain(&answered["status"]).unwrap_or_default();
    Some(StationEvent::Firmware(FirmwareEvent::Asked {
        request: int(&asked["requestId"]),
        what: asked.clone(),
        status,
    }))
}
