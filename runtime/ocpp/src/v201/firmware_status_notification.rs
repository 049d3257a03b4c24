//! FirmwareStatusNotification (OCPP 2.0.1, 1.23).

use amprule_domain::event::{FirmwareEvent, StationEvent};
use serde_json::Value;

use crate::message::{Message, empty};
use crate::payload::Trouble;
use crate::said::Said;
use crate::strictness::Repairs;

pub(crate) const MESSAGE: Message = Message::once("FirmwareStatusNotification", decode, empty);

/// FirmwareStatusEnumType; 1.6 has the first seven.
const WORDS: &[&str] = &[
    "Downloaded",
    "DownloadFailed",
    "Downloading",
    "Idle",
    "InstallationFailed",
    "Installing",
    "Installed",
    "DownloadScheduled",
    "DownloadPaused",
    "InstallRebooting",
    "InstallScheduled",
    "InstallVerificationFailed",
    "InvalidSignature",
    "SignatureVerified",
];

pub(crate) fn decode(payload: &str, repairs: &mut Repairs) -> Result<StationEvent, Trouble> {
    let mut said = Said::read(payload, repairs)?;
    let status = said.word("status", WORDS)?;
    let request = said.whole("requestId")?;
    Ok(StationEvent::Firmware(FirmwareEvent::Status { request, status, more: Value::Null }))
}
