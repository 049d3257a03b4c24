//! PullDynamicScheduleUpdate (OCPP 2.1, block K).

use amprule_domain::event::{SmartChargingEvent, StationEvent};

use crate::message::{Message, word};
use crate::payload::Trouble;
use crate::said::Said;
use crate::strictness::Repairs;

pub(crate) const MESSAGE: Message = Message::anew("PullDynamicScheduleUpdate", decode, word);

fn decode(payload: &str, repairs: &mut Repairs) -> Result<StationEvent, Trouble> {
    let profile = Said::read(payload, repairs)?.number("chargingProfileId")?;
    Ok(StationEvent::SmartCharging(SmartChargingEvent::Pulled { profile }))
}
