//! SetDefaultTariff (OCPP 2.1, block I).

use amprule_domain::event::{CostEvent, StationEvent};
use serde_json::Value;

use crate::request::{Request, says};
use crate::said::positive;

pub(crate) const REQUEST: Request = Request::named("SetDefaultTariff").means(outcome);

fn outcome(asked: &Value, answered: &Value) -> Option<StationEvent> {
    let evse = positive(&asked["evseId"]).filter(|_| says(answered, "Accepted"))?;
    Some(StationEvent::Cost(CostEvent::TariffSet { evse, tariff: asked["tariff"].clone() }))
}
