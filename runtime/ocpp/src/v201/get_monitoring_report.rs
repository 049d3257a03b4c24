//! GetMonitoringReport (OCPP 2.0.1, 1.30).

use amprule_domain::event::{DiagnosticsEvent, StationEvent};
use serde_json::Value;

use crate::request::{Request, says};
use crate::said::int;

pub(crate) const REQUEST: Request = Request::named("GetMonitoringReport").means(outcome);

fn outcome(asked: &Value, answered: &Value) -> Option<StationEvent> {
    let has_some = says(answered, "Accepted");
    if !has_some && !says(answered, "EmptyResultSet") {
        return None;
    }
    let is_all = asked["componentVariable"].is_null() && asked["monitoringCriteria"].is_null();
    let request = int(&asked["requestId"])?;
    Some(StationEvent::Diagnostics(DiagnosticsEvent::MonitorsInquired { request, is_all, has_some }))
}
