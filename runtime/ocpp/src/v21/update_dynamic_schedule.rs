//! UpdateDynamicSchedule (OCPP 2.1, block K).

use amprule_domain::event::{SmartChargingEvent, StationEvent};
use serde_json::Value;

use crate::request::{Request, says};

pub(crate) const REQUEST: Request = Request::named("UpdateDynamicSchedule").means(outcome);

fn outcome(asked: &Value, answered: &Value) -> Option<StationEvent> {
    let profile = asked["chargingProfileId"].as_i64().filter(|_| says(answered, "Accepted"))?;
    let update = asked["scheduleUpdate"].clone();
    Some(StationEvent::SmartCharging(SmartChargingEvent::Adapted { profile, update }))
}
