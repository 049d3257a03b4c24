//! DiagnosticsStatusNotification (OCPP 1.6, 4.4).

use crate::message::{Message, empty};
use crate::v201::log_status_notification::decode;

pub(crate) const MESSAGE: Message = Message::once("DiagnosticsStatusNotification", decode, empty);
