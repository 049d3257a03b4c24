//! MeterValues (OCPP 1.6, 4.7): an update of a transaction when it names one, readings of a connector when not.

use amprule_domain::event::{ChargingEvent, MeterValues as Readings, Naming, Phase, StationEvent, TransactionEvent};
use serde::Deserialize;

use crate::loose::{Loose, Many};
use crate::message::{Message, empty};
use crate::metering::{self, Measured, MeterValue};
use crate::payload::{Trouble, read};
use crate::sample::Written;
use crate::strictness::Repairs;
use crate::v16::words;

pub(crate) const MESSAGE: Message = Message::once("MeterValues", decode, empty);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MeterValues<'a> {
    #[serde(borrow, default)]
    connector_id: Loose<'a>,
    #[serde(borrow, default)]
    transaction_id: Loose<'a>,
    #[serde(borrow, default)]
    meter_value: Many<MeterValue<'a>>,
    #[serde(borrow, default)]
    values: Many<MeterValue<'a>>,
}

fn decode(payload: &str, repairs: &mut Repairs) -> Result<StationEvent, Trouble> {
    let message: MeterValues<'_> = read(payload)?;
    let connector = repairs.count("connectorId", &message.connector_id)?;
    let connector = repairs.wanted("connectorId", connector)?;
    let values = metering::required(repairs, message.meter_value, message.values)?;
    let Measured { readings, at } = metering::readings(repairs, values, Written::AsText)?;
    if message.transaction_id.is_absent() {
        return Ok(StationEvent::Charging(ChargingEvent::MeterValues(Readings {
            evse: connector.unwrap_or(0),
            readings,
        })));
    }
    let transaction = words::transaction(repairs, &message.transaction_id)?;
    // 0 is the main meter of the station, or of one with a single connector.
    let evse = connector.filter(|&connector| connector > 0);
    Ok(StationEvent::Charging(ChargingEvent::Transaction(TransactionEvent {
        phase: Phase::Updated,
        naming: Naming::Ours,
        transaction,
        seq_no: None,
        at,
        told_at: None,
        evse,
        connector: evse.map(words::connector_of),
        token: None,
        readings,
        charging: None,
        stop_reason: None,
        offline: false,
        reservation: None,
        remote_start: None,
        operation_mode: None,
        money: None,
    })))
}
