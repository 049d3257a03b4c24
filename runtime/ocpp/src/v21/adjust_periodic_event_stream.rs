//! AdjustPeriodicEventStream (OCPP 2.1, block N).

use amprule_domain::event::{DiagnosticsEvent, StationEvent};
use serde_json::Value;

use crate::request::{Request, says};
use crate::said::int;

pub(crate) const REQUEST: Request = Request::named("AdjustPeriodicEventStream").means(outcome);

fn outcome(asked: &Value, answered: &Value) -> Option<StationEvent> {
    let id = int(&asked["id"]).filter(|_| says(answered, "Accepted"))?;
    Some(StationEvent::Diagnostics(DiagnosticsEvent::StreamAdjusted { id, params: asked["params"].clone() }))
}
