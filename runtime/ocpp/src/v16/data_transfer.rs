//! DataTransfer (OCPP 1.6, 4.3). What a vendor says with it stays in the raw payload.

use amprule_domain::event::{DataTransfer as Vendors, StationEvent};
use amprule_domain::reply::{DataTransferStatus, Reply};
use serde::Deserialize;

use crate::encode::{Object, Times};
use crate::loose::Loose;
use crate::message::Message;
use crate::payload::{Trouble, read};
use crate::strictness::Repairs;

pub(crate) const MESSAGE: Message = Message::once("DataTransfer", decode, reply);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DataTransfer<'a> {
    #[serde(borrow, default)]
    vendor_id: Loose<'a>,
    #[serde(borrow, default)]
    message_id: Loose<'a>,
}

fn decode(payload: &str, repairs: &mut Repairs) -> Result<StationEvent, Trouble> {
    let message: DataTransfer<'_> = read(payload)?;
    let vendor_id = repairs.text("vendorId", message.vendor_id, 255)?;
    Ok(StationEvent::DataTransfer(Vendors {
        vendor_id: repairs.wanted("vendorId", vendor_id)?.unwrap_or_default(),
        message_id: repairs.text("messageId", message.message_id, 50)?,
    }))
}

/// The words are the same in all versions.
fn reply(reply: &Reply, times: Times) -> Option<String> {
    let Reply::DataTransfer(status) = reply else { return None };
    let status = match status {
        DataTransferStatus::Accepted => "Accepted",
        DataTransferStatus::Rejected => "Rejected",
        DataTransferStatus::UnknownMessageId => "UnknownMessageId",
        DataTransferStatus::UnknownVendorId => "UnknownVendorId",
    };
    Some(Object::new(times).text("status", status).finish())
}
