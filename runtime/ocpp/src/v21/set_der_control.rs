//! SetDERControl (OCPP 2.1, block R).

use amprule_domain::event::{GridEvent, StationEvent};
use serde_json::Value;

use crate::request::{Request, says};
use crate::said::plain;

pub(crate) const REQUEST: Request = Request::named("SetDERControl").means(outcome);

fn outcome(asked: &Value, answered: &Value) -> Option<StationEvent> {
    let id = plain(&asked["controlId"]).filter(|_| says(answered, "Accepted"))?;
    let superseded = answered["supersededIds"].as_array().into_iter().flatten().filter_map(plain).collect();
    Some(StationEvent::Grid(GridEvent::ControlSet { id, control: asked.clone(), superseded }))
}
