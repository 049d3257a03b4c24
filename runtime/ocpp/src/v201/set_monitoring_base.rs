//! SetMonitoringBase (OCPP 2.0.1, 1.49).

use amprule_domain::event::{DiagnosticsEvent, StationEvent};
use serde_json::Value;

use crate::request::{Request, says};

pub(crate) const REQUEST: Request = Request::named("SetMonitoringBase").means(outcome);

/// FactoryDefault and HardWiredOnly take away what was set (N05.FR.02 and FR.03).
fn outcome(asked: &Value, answered: &Value) -> Option<StationEvent> {
    let resets = says(answered, "Accepted") && asked["monitoringBase"] != "All";
    let and_preconfigured = asked["monitoringBase"] == "HardWiredOnly";
    resets.then_some(StationEvent::Diagnostics(DiagnosticsEvent::MonitorsReset { and_preconfigured }))
}
