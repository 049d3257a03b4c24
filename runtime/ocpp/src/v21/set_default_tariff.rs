//! SetDefaultTariff (OCPP 2.1, block I).

use amprule_domain::command::{Command, PriceCommand};
use amprule_domain::event::{CostEvent, StationEvent};
use serde_json::Value;

use crate::encode::{Object, Times};
use crate::request::{Request, says};
use crate::said::positive;

pub(crate) const REQUEST: Request = Request::typed("SetDefaultTariff", encode).means(outcome);

fn encode(command: &Command, times: Times) -> Option<String> {
    let Command::Price(PriceCommand::SetTariff { evse, tariff }) = command else { return None };
    Some(Object::new(times).raw("evseId", evse).raw("tariff", tariff).finish())
}

fn outcome(asked: &Value, answered: &Value) -> Option<StationEvent> {
    let evse = positive(&asked["evseId"]).filter(|_| says(answered, "Accepted"))?;
    Some(StationEvent::Cost(CostEvent::TariffSet { evse, tariff: asked["tariff"].clone() }))
}
