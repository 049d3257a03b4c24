//! DataTransfer (OCPP 1.6, 4.3). What a vendor says with it stays in the raw payload, but for the messages of 2.0.1 about cars with
//! contracts, which 1.6 has no words for: they are what they would be there.

use amprule_domain::data_transfer::PLUG_AND_CHARGE;
use amprule_domain::event::{DataTransfer as Vendors, SecurityEvent, StationEvent};
use amprule_domain::reply::{DataTransferStatus, Reply};
use amprule_domain::security::VEHICLES;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::encode::{Object, Times};
use crate::loose::Loose;
use crate::message::Message;
use crate::payload::{Trouble, read};
use crate::strictness::Repairs;
use crate::v16::cost_messages;
use crate::v16::plug_and_charge::carried as object;
use crate::v201::{authorize, get_15118_ev_certificate, get_certificate_status, sign_certificate};

pub(crate) const MESSAGE: Message = Message::once("DataTransfer", decode, reply);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DataTransfer<'a> {
    #[serde(borrow, default)]
    vendor_id: Loose<'a>,
    #[serde(borrow, default)]
    message_id: Loose<'a>,
    #[serde(default)]
    data: Value,
}

/// What is carried as it stands in 2.0.1.
const CARRIED: [&Message; 4] = [
    &authorize::MESSAGE,
    &get_15118_ev_certificate::MESSAGE,
    &get_certificate_status::MESSAGE,
    &sign_certificate::MESSAGE,
];

fn decode(payload: &str, repairs: &mut Repairs) -> Result<StationEvent, Trouble> {
    let message: DataTransfer<'_> = read(payload)?;
    let vendor_id = repairs.text("vendorId", message.vendor_id, 255)?;
    let vendor_id = repairs.wanted("vendorId", vendor_id)?.unwrap_or_default();
    let message_id = repairs.text("messageId", message.message_id, 50)?;
    let is_carried = |carried: &&&Message| {
        vendor_id.eq_ignore_ascii_case(PLUG_AND_CHARGE)
            && message_id.as_ref().is_some_and(|id| id.eq_ignore_ascii_case(carried.action))
    };
    match CARRIED.iter().find(is_carried) {
        Some(carried) => (carried.decode)(&carried_text(&message.data), repairs).map(of_vehicles),
        None => {
            let is_broken = vendor_id.eq_ignore_ascii_case(cost_messages::VENDOR) && object(&message.data).is_none();
            Ok(StationEvent::DataTransfer(Vendors { vendor_id, message_id, is_broken }))
        }
    }
}

/// An idToken that is a text, as 1.6 has them, is a contract's.
fn carried_text(data: &Value) -> String {
    let Some(mut payload) = object(data) else { return data.as_str().map_or_else(|| data.to_string(), str::to_owned) };
    if let Some(contract) = payload["idToken"].as_str() {
        payload["idToken"] = json!({ "idToken": contract, "type": "eMAID" });
    }
    payload.to_string()
}

/// What is to be signed here is of vehicles' side; that of the connection has a message of 1.6.
fn of_vehicles(event: StationEvent) -> StationEvent {
    match event {
        StationEvent::Security(SecurityEvent::SigningRequest { csr, request, root, .. }) => {
            let usage = Some(VEHICLES.to_owned());
            StationEvent::Security(SecurityEvent::SigningRequest { csr, usage, request, root })
        }
        event => event,
    }
}

/// The words are the same in all versions.
fn reply(reply: &Reply, times: Times) -> Option<String> {
    let Reply::DataTransfer(status) = reply else {
        let answer = CARRIED.iter().find_map(|carried| (carried.reply)(reply, times))?;
        return Some(Object::new(times).text("status", "Accepted").text("data", &answer).finish());
    };
    let status = match status {
        DataTransferStatus::Accepted => "Accepted",
        DataTransferStatus::Rejected => "Rejected",
        DataTransferStatus::UnknownMessageId => "UnknownMessageId",
        DataTransferStatus::UnknownVendorId => "UnknownVendorId",
    };
    Some(Object::new(times).text("status", status).finish())
}
