//! NotifyEVChargingSchedule (OCPP 2.0.1, 1.39).

use amprule_domain::event::{SmartChargingEvent, StationEvent};
use amprule_domain::smart_charging::{Plan, Standing};

use crate::message::{Message, word};
use crate::payload::Trouble;
use crate::said::Said;
use crate::strictness::Repairs;

pub(crate) const MESSAGE: Message = Message::once("NotifyEVChargingSchedule", decode, word);

fn decode(payload: &str, repairs: &mut Repairs) -> Result<StationEvent, Trouble> {
    let mut said = Said::read(payload, repairs)?;
    let evse = said.evse()?;
    let plan = Plan { evse, schedule: said.into_value(), standing: Standing::default() };
    Ok(StationEvent::SmartCharging(SmartChargingEvent::Schedule(plan)))
}
