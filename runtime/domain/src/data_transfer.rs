//! DataTransfer (OCPP 2.0.1, block P): what vendors say beside the standard. Nobody understands it here yet; it is kept.

use serde::{Deserialize, Serialize};

use crate::charging::{Station, Step};
use crate::event::Inbound;
use crate::kept;
use crate::moment::Moment;
use crate::reply::{DataTransferStatus, Reply};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DataTransfer {
    pub vendor_id: String,
    pub message_id: Option<String>,
}

pub(crate) fn apply(station: &Station, inbound: &Inbound, moment: &Moment<'_>) -> Step {
    kept::answered(station, inbound, moment, "data-transfer", Reply::DataTransfer(DataTransferStatus::UnknownVendorId))
}
