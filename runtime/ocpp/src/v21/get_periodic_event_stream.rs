//! GetPeriodicEventStream (OCPP 2.1, N14): which streams are open.

use amprule_domain::event::{DiagnosticsEvent, StationEvent};
use serde_json::Value;

use crate::request::Request;
use crate::said::int;

pub(crate) const REQUEST: Request = Request::named("GetPeriodicEventStream").means(outcome);

/// Without a list none is open. `None`: it says something else than a list of them.
fn outcome(_: &Value, answered: &Value) -> Option<StationEvent> {
    let streams = match &answered["constantStreamData"] {
        Value::Null => Vec::new(),
        said => {
            said.as_array()?.iter().map(|stream| Some((int(&stream["id"])?, stream.clone()))).collect::<Option<_>>()?
        }
    };
    Some(StationEvent::Diagnostics(DiagnosticsEvent::StreamsTold(streams)))
}
