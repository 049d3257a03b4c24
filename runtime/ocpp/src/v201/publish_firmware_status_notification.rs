//! PublishFirmwareStatusNotification (OCPP 2.0.1, 1.45): of a local controller that serves firmware to others.

use amprule_domain::event::{FirmwareEvent, StationEvent};
use serde_json::json;

use crate::message::{Message, empty};
use crate::payload::Trouble;
use crate::said::Said;
use crate::strictness::Repairs;

pub(crate) const MESSAGE: Message = Message::once("PublishFirmwareStatusNotification", decode, empty);

/// PublishFirmwareStatusEnumType.
const WORDS: &[&str] = &[
    "Idle",
    "DownloadScheduled",
    "Downloading",
    "Downloaded",
    "Published",
    "DownloadFailed",
    "DownloadPaused",
    "InvalidChecksum",
    "ChecksumVerified",
    "PublishFailed",
];

fn decode(payload: &str, repairs: &mut Repairs) -> Result<StationEvent, Trouble> {
    let mut said = Said::read(payload, repairs)?;
    let status = said.word("status", WORDS)?;
    let request = said.whole("requestId")?;
    let more = json!({ "locations": said.value("location") });
    Ok(StationEvent::Firmware(FirmwareEvent::Status { request, status, more }))
}
