//! StatusNotification (OCPP 1.6, 4.9). In 1.6 the connector's word is also the only news about an ongoing session.

use amprule_domain::event::{ChargingState, ConnectorStatus, StationEvent, VendorWord};
use serde::Deserialize;

use crate::loose::Loose;
use crate::message::{Message, empty};
use crate::payload::{Trouble, read};
use crate::strictness::Repairs;
use crate::v16::words;

pub(crate) const MESSAGE: Message = Message::anew("StatusNotification", decode, empty);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StatusNotification<'a> {
    #[serde(borrow, default)]
    connector_id: Loose<'a>,
    #[serde(borrow, default)]
    error_code: Loose<'a>,
    #[serde(borrow, default)]
    status: Loose<'a>,
    #[serde(borrow, default)]
    timestamp: Loose<'a>,
    #[serde(borrow, default)]
    info: Loose<'a>,
    #[serde(borrow, default)]
    vendor_id: Loose<'a>,
    #[serde(borrow, default)]
    vendor_error_code: Loose<'a>,
}

/// ChargePointStatus (7.7).
const WORDS: &[&str] = &[
    "Available",
    "Preparing",
    "Charging",
    "SuspendedEVSE",
    "SuspendedEV",
    "Finishing",
    "Reserved",
    "Unavailable",
    "Faulted",
];

fn decode(payload: &str, repairs: &mut Repairs) -> Result<StationEvent, Trouble> {
    let message: StatusNotification<'_> = read(payload)?;
    let connector_id = repairs.count("connectorId", &message.connector_id)?;
    let connector_id = repairs.needed("connectorId", connector_id)?;
    let status = repairs.open_word("status", message.status, WORDS)?;
    let status = repairs.needed("status", status)?;
    let error = repairs.text("errorCode", message.error_code, 50)?;
    let error = repairs.wanted("errorCode", error)?.filter(|code| code != "NoError");
    let vendor = VendorWord {
        error_code: repairs.text("vendorErrorCode", message.vendor_error_code, 50)?.filter(|code| !code.is_empty()),
        info: repairs.text("info", message.info, 50)?.filter(|info| !info.is_empty()),
        id: repairs.text("vendorId", message.vendor_id, 255)?.filter(|id| !id.is_empty()),
    };
    Ok(StationEvent::Availability(ConnectorStatus {
        evse: connector_id,
        connector: words::connector_of(connector_id),
        charging: charging(&status),
        status,
        error,
        vendor: (vendor != VendorWord::default()).then(|| Box::new(vendor)),
        at: repairs.optional_time("timestamp", &message.timestamp)?,
    }))
}

/// What a word says about an ongoing session. The others say nothing: some stations show `Available` while plugged.
fn charging(status: &str) -> Option<ChargingState> {
    match status {
        "Charging" => Some(ChargingState::Charging),
        "SuspendedEVSE" => Some(ChargingState::Suspended),
        "SuspendedEV" | "Finishing" => Some(ChargingState::Idle),
        _ => None,
    }
}
