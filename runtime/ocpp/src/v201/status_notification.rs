//! StatusNotification (OCPP 2.0.1, 1.61). It says nothing about a session: transactions have their own events.

use amprule_domain::event::{ConnectorStatus, StationEvent};
use serde::Deserialize;

use crate::loose::Loose;
use crate::message::{Message, empty};
use crate::payload::{Trouble, read};
use crate::strictness::Repairs;

pub(crate) const MESSAGE: Message = Message::anew("StatusNotification", decode, empty);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StatusNotification<'a> {
    #[serde(borrow, default)]
    timestamp: Loose<'a>,
    #[serde(borrow, default)]
    connector_status: Loose<'a>,
    #[serde(borrow, default)]
    evse_id: Loose<'a>,
    #[serde(borrow, default)]
    connector_id: Loose<'a>,
}

/// ConnectorStatusEnumType.
const WORDS: &[&str] = &["Available", "Occupied", "Reserved", "Unavailable", "Faulted"];

fn decode(payload: &str, repairs: &mut Repairs) -> Result<StationEvent, Trouble> {
    let message: StatusNotification<'_> = read(payload)?;
    let status = repairs.open_word("connectorStatus", message.connector_status, WORDS)?;
    let status = repairs.needed("connectorStatus", status)?;
    let evse = repairs.count("evseId", &message.evse_id)?;
    let evse = repairs.needed("evseId", evse)?;
    let connector = repairs.count("connectorId", &message.connector_id)?;
    let connector = repairs.wanted("connectorId", connector)?.unwrap_or(1);
    Ok(StationEvent::Availability(ConnectorStatus {
        evse,
        connector,
        status,
        error: None,
        vendor: None,
        at: repairs.time("timestamp", &message.timestamp)?,
        charging: None,
    }))
}
