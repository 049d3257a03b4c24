//! MeterValues (OCPP 2.0.1, 1.32): readings of an EVSE outside of transactions.

use amprule_domain::event::{ChargingEvent, MeterValues as Readings, StationEvent};
use serde::Deserialize;

use crate::loose::{Loose, Many};
use crate::message::{Message, empty};
use crate::metering::{self, MeterValue};
use crate::payload::{Trouble, read};
use crate::sample::Written;
use crate::strictness::Repairs;

pub(crate) const MESSAGE: Message = Message::once("MeterValues", decode, empty);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MeterValues<'a> {
    #[serde(borrow, default)]
    evse_id: Loose<'a>,
    #[serde(borrow, default)]
    meter_value: Many<MeterValue<'a>>,
    #[serde(borrow, default)]
    values: Many<MeterValue<'a>>,
}

fn decode(payload: &str, repairs: &mut Repairs) -> Result<StationEvent, Trouble> {
    let message: MeterValues<'_> = read(payload)?;
    let evse = repairs.count("evseId", &message.evse_id)?;
    let evse = repairs.wanted("evseId", evse)?.unwrap_or(0);
    let values = metering::required(repairs, message.meter_value, message.values)?;
    let readings = metering::readings(repairs, values, Written::AsNumber)?.readings;
    Ok(StationEvent::Charging(ChargingEvent::MeterValues(Readings { evse, readings })))
}
