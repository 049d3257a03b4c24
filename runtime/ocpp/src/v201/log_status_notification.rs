//! LogStatusNotification (OCPP 2.0.1, 1.36).

use amprule_domain::event::{DiagnosticsEvent, StationEvent};

use crate::message::{Message, empty};
use crate::payload::Trouble;
use crate::said::Said;
use crate::strictness::Repairs;

pub(crate) const MESSAGE: Message = Message::once("LogStatusNotification", decode, empty);

/// UploadLogStatusEnumType, and DiagnosticsStatus of 1.6.
const WORDS: &[&str] = &[
    "BadMessage",
    "Idle",
    "NotSupportedOperation",
    "PermissionDenied",
    "Uploaded",
    "UploadFailure",
    "Uploading",
    "AcceptedCanceled",
    "UploadFailed",
];

pub(crate) fn decode(payload: &str, repairs: &mut Repairs) -> Result<StationEvent, Trouble> {
    let mut said = Said::read(payload, repairs)?;
    let status = said.word("status", WORDS)?;
    let request = said.whole("requestId")?;
    Ok(StationEvent::Diagnostics(DiagnosticsEvent::LogStatus { request, status }))
}
