//! NotifyEVChargingNeeds (OCPP 2.0.1, 1.38).

use amprule_domain::event::{Needs, SmartChargingEvent, StationEvent};
use amprule_domain::smart_charging::Follows;

use crate::message::{Message, word};
use crate::payload::Trouble;
use crate::said::Said;
use crate::strictness::Repairs;

pub(crate) const MESSAGE: Message = Message::once("NotifyEVChargingNeeds", decode, word);

fn decode(payload: &str, repairs: &mut Repairs) -> Result<StationEvent, Trouble> {
    let mut said = Said::read(payload, repairs)?;
    let evse = said.evse()?;
    Ok(StationEvent::SmartCharging(SmartChargingEvent::Needs(Needs {
        evse,
        needs: said.value("chargingNeeds"),
        follows: Follows::default(),
    })))
}
