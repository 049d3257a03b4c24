//! ClearDisplayMessage (OCPP 2.0.1, 1.11).

use amprule_domain::event::{DisplayEvent, StationEvent};
use serde_json::Value;

use crate::request::{Request, says};
use crate::said::int;

pub(crate) const REQUEST: Request = Request::named("ClearDisplayMessage").means(outcome);

/// `Unknown`: it has none of this id.
fn outcome(asked: &Value, answered: &Value) -> Option<StationEvent> {
    let is_gone = says(answered, "Accepted") || says(answered, "Unknown");
    let id = int(&asked["id"]).filter(|_| is_gone)?;
    Some(StationEvent::Display(DisplayEvent::Cleared { id }))
}
