//! SetDisplayMessage (OCPP 2.0.1, 1.52).

use amprule_domain::event::{DisplayEvent, StationEvent};
use serde_json::Value;

use crate::request::{Request, says};
use crate::said::int;

pub(crate) const REQUEST: Request = Request::named("SetDisplayMessage").means(outcome);

fn outcome(asked: &Value, answered: &Value) -> Option<StationEvent> {
    let message = asked["message"].clone();
    let id = int(&message["id"]).filter(|_| says(answered, "Accepted"))?;
    Some(StationEvent::Display(DisplayEvent::Set { id, message }))
}
