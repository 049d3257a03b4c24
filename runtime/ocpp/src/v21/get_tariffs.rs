//! GetTariffs (OCPP 2.1, block I09): which tariffs there are, by their ids.

use amprule_domain::command::{Command, PriceCommand};
use amprule_domain::event::{Assignment, CostEvent, StationEvent};
use serde_json::Value;

use crate::encode::{Object, Times};
use crate::request::{Request, says};
use crate::said::{plain, positive};

pub(crate) const REQUEST: Request = Request::typed("GetTariffs", encode).means(outcome);

fn encode(command: &Command, times: Times) -> Option<String> {
    matches!(command, Command::Price(PriceCommand::Tariffs)).then(|| Object::new(times).raw("evseId", 0).finish())
}

/// `NoTariff`: there is none. Those of drivers are no default and are not told here.
fn outcome(asked: &Value, answered: &Value) -> Option<StationEvent> {
    if !says(answered, "Accepted") && !says(answered, "NoTariff") {
        return None;
    }
    let evse = positive(&asked["evseId"])?;
    let assignments = answered["tariffAssignments"].as_array().into_iter().flatten();
    let is_default = |assignment: &&Value| {
        plain(&assignment["tariffKind"]).is_some_and(|kind| kind.eq_ignore_ascii_case("DefaultTariff"))
    };
    let mut assigned = Vec::new();
    for assignment in assignments.filter(is_default) {
        let tariff = plain(&assignment["tariffId"])?;
        let at = |evse| Assignment { evse, tariff: tariff.clone() };
        assigned.extend(evses(&assignment["evseIds"], evse)?.into_iter().map(at));
    }
    Some(StationEvent::Cost(CostEvent::TariffsTold { evse, assigned }))
}

/// Where none is named, it is the one that was asked about. `None`: nobody knows where it is, and the answer says nothing.
fn evses(said: &Value, asked: u32) -> Option<Vec<u32>> {
    match said {
        Value::Array(evses) => Some(evses.iter().filter_map(positive).collect()),
        Value::Null => (asked > 0).then(|| vec![asked]),
        one => positive(one).map(|evse| vec![evse]),
    }
}
