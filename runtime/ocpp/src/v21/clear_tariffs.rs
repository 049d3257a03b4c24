//! ClearTariffs (OCPP 2.1, block I).

use amprule_domain::command::{Command, PriceCommand};
use amprule_domain::event::{CostEvent, StationEvent};
use serde_json::{Value, json};

use crate::encode::{Object, Times};
use crate::request::{Request, says};
use crate::said::{plain, positive};

pub(crate) const REQUEST: Request = Request::typed("ClearTariffs", encode).means(outcome);

fn encode(command: &Command, times: Times) -> Option<String> {
    let Command::Price(PriceCommand::ClearTariff { evse, id }) = command else { return None };
    let clear = Object::new(times).raw("tariffIds", json!([id]));
    Some(clear.maybe(*evse, |object, evse| object.raw("evseId", evse)).finish())
}

/// `NoTariff`: there is none of this id. Where none was named, the results name those that are gone.
fn outcome(asked: &Value, answered: &Value) -> Option<StationEvent> {
    let results = answered["clearTariffsResult"].as_array()?;
    let is_gone = |result: &&Value| says(result, "Accepted") || says(result, "NoTariff");
    let ids: Vec<_> = results.iter().filter(is_gone).filter_map(|result| plain(&result["tariffId"])).collect();
    let evse = positive(&asked["evseId"]);
    let is_certain = !ids.is_empty() || results.iter().all(|result| is_gone(&result));
    is_certain.then_some(StationEvent::Cost(CostEvent::TariffsCleared { ids, evse }))
}
