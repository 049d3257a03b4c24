//! DataTransfer (OCPP 2.0.1, block P): what vendors say beside the standard. What is understood of it is a station's word about a plug
//! (OCA's California Pricing Requirements, 3.2), which changes nothing here; all is kept.

use serde::{Deserialize, Serialize};

use crate::charging::{Station, Step};
use crate::event::Inbound;
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
    /// Its data is no object of JSON.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_broken: bool,
}

/// Costs and prices before 2.1.
const COSTS: &str = "org.openchargealliance.costmsg";

pub(crate) fn apply(station: &Station, inbound: &Inbound, said: &DataTransfer, moment: &Moment<'_>) -> Step {
    // Texts of 1.6 are the same in other letters (CiString).
    let is_from = |vendor: &str| said.vendor_id.eq_ignore_ascii_case(vendor);
    let says = |message: &str| said.message_id.as_ref().is_some_and(|id| id.eq_ignore_ascii_case(message));
    let status = match is_from(COSTS) {
        true if says("ConnectorUnplugged") && said.is_broken => DataTransferStatus::Rejected,
        true if says("ConnectorUnplugged") => DataTransferStatus::Accepted,
        true => DataTransferStatus::UnknownMessageId,
        false if is_from(PLUG_AND_CHARGE) => DataTransferStatus::UnknownMessageId,
        false => DataTransferStatus::UnknownVendorId,
    };
    kept::answered(station, inbound, moment, "data-transfer", Reply::DataTransfer(status))
}
