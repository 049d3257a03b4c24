//! UsePriorityCharging (OCPP 2.1, block K).

use amprule_domain::event::{SmartChargingEvent, StationEvent};
use serde_json::Value;

use crate::request::{Request, says};
use crate::said::plain;

pub(crate) const REQUEST: Request = Request::named("UsePriorityCharging").means(outcome);

fn outcome(asked: &Value, answered: &Value) -> Option<StationEvent> {
    let transaction = plain(&asked["transactionId"]).filter(|_| says(answered, "Accepted"))?;
    let is_active = asked["activate"].as_bool()?;
    Some(StationEvent::SmartCharging(SmartChargingEvent::Priority { transaction, is_active }))
}
