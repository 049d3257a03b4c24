//! SignedFirmwareStatusNotification (security whitepaper for OCPP 1.6).

use crate::message::{Message, empty};
use crate::v201::firmware_status_notification::decode;

pub(crate) const MESSAGE: Message = Message::once("SignedFirmwareStatusNotification", decode, empty);
