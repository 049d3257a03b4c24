//! GetLog (OCPP 2.0.1, 1.28).

use amprule_domain::event::{DiagnosticsEvent, StationEvent};
use serde_json::Value;

use crate::request::Request;
use crate::said::{int, plain};

pub(crate) const REQUEST: Request = Request::named("GetLog").means(outcome);

pub(crate) fn outcome(asked: &Value, answered: &Value) -> Option<StationEvent> {
    let mut what = asked.clone();
    // The name under which the station uploads it.
    what["filename"] = answered["filename"].clone();
    let status = plain(&answered["status"]).unwrap_or_default();
    Some(StationEvent::Diagnostics(DiagnosticsEvent::LogAsked { request: int(&asked["requestId"]), what, status }))
}
