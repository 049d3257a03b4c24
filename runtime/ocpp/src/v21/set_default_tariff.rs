//! SetDefaultTariff (OCPP 2.1, block I).

use amprule_domain::command::{Command, PriceCommand};
use amprule_domain::event::{CostEvent, StationEvent};
use serde_json::Value;

use crate::encode::{Object, Times};
use crate::request::{Request, says};
use crate::said::{plain, positive};

pub(crate) const REQUEST: Request = Request::typed("SetDefaultTariff", encode).means(outcome);

fn encode(command: &Command, times: Times) -> Option<String> {
    let Command::Price(PriceCommand::SetTariff { evse, tariff }) = command else { return None };
    Some(Object::new(times).raw("evseId", evse).raw("tariff", tariff).finish())
}

fn outcome(asked: &Value, answered: &Value) -> Option<StationEvent> {
    let (evse, tariff) = (positive(&asked["evseId"])?, asked["tariff"].clone());
    if says(answered, "Accepted") {
        return Some(StationEvent::Cost(CostEvent::TariffSet { evse, tariff }));
    }
    // Another one of this id is there: it goes, and this one is told again.
    let status = plain(&answered["status"]).filter(|_| !says(answered, "DuplicateTariffId"))?;
    let reason = answered["statusInfo"]["reasonCode"].as_str().map(str::to_owned);
    Some(StationEvent::Cost(CostEvent::TariffRefused { evse, tariff, status, reason }))
}
