//! GetDisplayMessages (OCPP 2.0.1, 1.26).

use amprule_domain::event::{DisplayEvent, StationEvent};
use serde_json::Value;

use crate::request::{Request, says};
use crate::said::int;

pub(crate) const REQUEST: Request = Request::named("GetDisplayMessages").means(outcome);

fn outcome(asked: &Value, answered: &Value) -> Option<StationEvent> {
    let has_some = says(answered, "Accepted");
    if !has_some && !says(answered, "Unknown") {
        return None;
    }
    let is_all = ["id", "priority", "state"].iter().all(|member| asked[member].is_null());
    let request = int(&asked["requestId"])?;
    Some(StationEvent::Display(DisplayEvent::Inquired { request, is_all, has_some }))
}
