//! ClearTariffs (OCPP 2.1, block I).

use amprule_domain::event::{CostEvent, StationEvent};
use serde_json::Value;

use crate::request::{Request, says};
use crate::said::{plain, positive};

pub(crate) const REQUEST: Request = Request::named("ClearTariffs").means(outcome);

/// `NoTariff`: there is none of this id. Where none was named, the results name those that are gone.
fn outcome(asked: &Value, answered: &Value) -> Option<StationEvent> {
    let results = answered["clearTariffsResult"].as_array()?;
    let is_gone = |result: &&Value| says(result, "Accepted") || says(result, "NoTariff");
    let ids: Vec<_> = results.iter().filter(is_gone).filter_map(|result| plain(&result["tariffId"])).collect();
    let evse = positive(&asked["evseId"]);
    let is_certain = !ids.is_empty() || results.iter().all(|result| is_gone(&result));
    is_certain.then_some(StationEvent::Cost(CostEvent::TariffsCleared { ids, evse }))
}
