//! SetVariableMonitoring (OCPP 2.0.1, 1.53).

use amprule_domain::event::{DiagnosticsEvent, Monitor, StationEvent};
use serde_json::{Value, json};

use crate::request::{Request, says};
use crate::said::int;
use crate::v201::variables::place;

pub(crate) const REQUEST: Request = Request::named("SetVariableMonitoring").means(outcome);

fn outcome(asked: &Value, answered: &Value) -> Option<StationEvent> {
    let (asked, results) = (asked["setMonitoringData"].as_array()?, answered["setMonitoringResult"].as_array()?);
    let set = results.iter().filter_map(|result| monitor(asked, result));
    Some(StationEvent::Diagnostics(DiagnosticsEvent::MonitorsSet(set.collect())))
}

/// The station gives the id, and repeats what tells its monitors apart.
fn monitor(asked: &[Value], result: &Value) -> Option<Monitor> {
    if !says(result, "Accepted") {
        return None;
    }
    let place_of = place(result)?;
    let is_it = |item: &&Value| {
        place(item).is_some_and(|asked| asked.key() == place_of.key())
            && (&item["type"], &item["severity"]) == (&result["type"], &result["severity"])
    };
    let id = int(&result["id"])?;
    let value = asked.iter().find(is_it).map(|item| item["value"].clone()).unwrap_or_default();
    let transaction = asked.iter().find(is_it).is_some_and(|item| item["transaction"] == true);
    let monitor = json!({
        "id": id, "transaction": transaction, "value": value, "type": result["type"], "severity": result["severity"],
    });
    Some(Monitor { id, place: place_of, monitor, kind: Some(Monitor::CUSTOM.to_owned()) })
}
