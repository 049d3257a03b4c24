//! ClearDERControl (OCPP 2.1, block R).

use amprule_domain::event::{GridEvent, StationEvent};
use serde_json::Value;

use crate::request::{Request, says};
use crate::said::plain;

pub(crate) const REQUEST: Request = Request::named("ClearDERControl").means(outcome);

/// `NotFound`: it held none like this.
fn outcome(asked: &Value, answered: &Value) -> Option<StationEvent> {
    if !says(answered, "Accepted") && !says(answered, "NotFound") {
        return None;
    }
    Some(StationEvent::Grid(GridEvent::ControlsCleared {
        id: plain(&asked["controlId"]),
        kind: plain(&asked["controlType"]),
        is_default: asked["isDefault"] == true,
    }))
}
