//! DataTransfer (OCPP 2.0.1, block P): what vendors say beside the standard. Nobody understands it here yet; it is kept.

use serde::{Deserialize, Serialize};

use crate::charging::{Station, Step};
use crate::event::{Inbound, StationEvent};
use crate::kept;
use crate::moment::Moment;
use crate::reply::{DataTransferStatus, Reply};

/// Messages of 2.0.1 about cars with contracts, carried by stations of 1.6 (OCA, using ISO 15118 Plug and Charge with OCPP 1.6).
pub const PLUG_AND_CHARGE: &str = "org.openchargealliance.iso15118pnc";

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DataTransfer {
    pub vendor_id: String,
    pub message_id: Option<String>,
}

pub(crate) fn apply(station: &Station, inbound: &Inbound, moment: &Moment<'_>) -> Step {
    let is_known = matches!(&inbound.event, StationEvent::DataTransfer(told) if told.vendor_id.eq_ignore_ascii_case(PLUG_AND_CHARGE));
    let status = if is_known { DataTransferStatus::UnknownMessageId } else { DataTransferStatus::UnknownVendorId };
    kept::answered(station, inbound, moment, "data-transfer", Reply::DataTransfer(status))
}
