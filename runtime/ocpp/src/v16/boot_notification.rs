//! BootNotification (OCPP 1.6, 4.2).

use amprule_domain::event::{Boot, ProvisioningEvent, StationEvent};
use amprule_domain::reply::Reply;
use amprule_domain::station::Provisioning;
use serde::Deserialize;

use crate::encode::{Object, Times};
use crate::loose::Loose;
use crate::message::Message;
use crate::payload::{Trouble, read};
use crate::strictness::Repairs;

pub(crate) const MESSAGE: Message = Message::anew("BootNotification", decode, reply);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BootNotification<'a> {
    #[serde(borrow, default)]
    charge_point_vendor: Loose<'a>,
    #[serde(borrow, default)]
    charge_point_model: Loose<'a>,
    #[serde(borrow, default)]
    charge_point_serial_number: Loose<'a>,
    #[serde(borrow, default)]
    charge_box_serial_number: Loose<'a>,
    #[serde(borrow, default)]
    firmware_version: Loose<'a>,
}

/// A missing vendor is taken: refusing it makes stations boot for ever.
fn decode(payload: &str, repairs: &mut Repairs) -> Result<StationEvent, Trouble> {
    let message: BootNotification<'_> = read(payload)?;
    let vendor = repairs.text("chargePointVendor", message.charge_point_vendor, 20)?;
    let vendor = repairs.wanted("chargePointVendor", vendor)?.unwrap_or_default();
    let model = repairs.text("chargePointModel", message.charge_point_model, 20)?;
    let model = repairs.wanted("chargePointModel", model)?.unwrap_or_default();
    let serial = message.charge_point_serial_number.or(message.charge_box_serial_number);
    Ok(StationEvent::Provisioning(ProvisioningEvent::Boot(Boot {
        vendor,
        model,
        serial: repairs.text("chargePointSerialNumber", serial, 25)?,
        firmware: repairs.text("firmwareVersion", message.firmware_version, 50)?,
        reason: None,
    })))
}

pub(crate) fn reply(reply: &Reply, times: Times) -> Option<String> {
    let Reply::Boot { status, interval_s, now } = reply else { return None };
    let status = match status {
        Provisioning::Accepted => "Accepted",
        Provisioning::Pending => "Pending",
        Provisioning::Rejected => "Rejected",
    };
    let answer = Object::new(times).time("currentTime", *now).raw("interval", interval_s).text("status", status);
    Some(answer.finish())
}
