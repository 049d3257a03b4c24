//! BootNotification (OCPP 2.0.1, 1.3).

use amprule_domain::event::{Boot, ProvisioningEvent, StationEvent};
use serde::Deserialize;

use crate::loose::{Loose, Part};
use crate::message::Message;
use crate::payload::{Trouble, read};
use crate::strictness::Repairs;
use crate::v16::boot_notification::reply;

pub(crate) const MESSAGE: Message = Message::anew("BootNotification", decode, reply);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BootNotification<'a> {
    #[serde(borrow, default)]
    reason: Loose<'a>,
    #[serde(borrow, default)]
    charging_station: Part<'a, ChargingStation<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ChargingStation<'a> {
    #[serde(borrow, default)]
    serial_number: Loose<'a>,
    #[serde(borrow, default)]
    model: Loose<'a>,
    #[serde(borrow, default)]
    vendor_name: Loose<'a>,
    #[serde(borrow, default)]
    firmware_version: Loose<'a>,
}

/// BootReasonEnumType.
const REASONS: &[&str] = &[
    "PowerUp",
    "ApplicationReset",
    "FirmwareUpdate",
    "LocalReset",
    "RemoteReset",
    "ScheduledReset",
    "Triggered",
    "Unknown",
    "Watchdog",
];

/// A missing vendor is taken: refusing it makes stations boot for ever.
fn decode(payload: &str, repairs: &mut Repairs) -> Result<StationEvent, Trouble> {
    let message: BootNotification<'_> = read(payload)?;
    let station = repairs.object("chargingStation", message.charging_station, |_| None)?;
    let station = repairs.wanted("chargingStation", station)?.unwrap_or_default();
    let vendor = repairs.text("chargingStation.vendorName", station.vendor_name, 50)?;
    let vendor = repairs.wanted("chargingStation.vendorName", vendor)?.unwrap_or_default();
    let model = repairs.text("chargingStation.model", station.model, 20)?;
    let model = repairs.wanted("chargingStation.model", model)?.unwrap_or_default();
    let reason = repairs.open_word("reason", message.reason, REASONS)?;
    let reason = repairs.wanted("reason", reason)?;
    Ok(StationEvent::Provisioning(ProvisioningEvent::Boot(Boot {
        vendor,
        model,
        serial: repairs.text("chargingStation.serialNumber", station.serial_number, 25)?,
        firmware: repairs.text("chargingStation.firmwareVersion", station.firmware_version, 50)?,
        reason,
    })))
}
