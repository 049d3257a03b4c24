//! CustomerInformation (OCPP 2.0.1, 1.16).

use amprule_domain::event::{DiagnosticsEvent, StationEvent};
use serde_json::Value;

use crate::request::Request;
use crate::said::{int, plain};

pub(crate) const REQUEST: Request = Request::named("CustomerInformation").means(outcome);

fn outcome(asked: &Value, answered: &Value) -> Option<StationEvent> {
    let status = plain(&answered["status"])?;
    let request = int(&asked["requestId"])?;
    Some(StationEvent::Diagnostics(DiagnosticsEvent::CustomerAsked { request, what: asked.clone(), status }))
}
