//! ClearVariableMonitoring (OCPP 2.0.1, 1.13).

use amprule_domain::event::{DiagnosticsEvent, StationEvent};
use serde_json::Value;

use crate::request::{Request, says};
use crate::said::int;

pub(crate) const REQUEST: Request = Request::named("ClearVariableMonitoring").means(outcome);

/// `NotFound`: there is none of this id.
fn outcome(_: &Value, answered: &Value) -> Option<StationEvent> {
    let results = answered["clearMonitoringResult"].as_array()?;
    let is_gone = |result: &&Value| says(result, "Accepted") || says(result, "NotFound");
    let gone = results.iter().filter(is_gone).filter_map(|result| int(&result["id"]));
    Some(StationEvent::Diagnostics(DiagnosticsEvent::MonitorsCleared(gone.collect())))
}
