//! GetDiagnostics (OCPP 1.6, 5.9). An answer without a name: there is nothing to upload.

use amprule_domain::event::{DiagnosticsEvent, StationEvent};
use serde_json::Value;

use crate::request::Request;
use crate::said::plain;

pub(crate) const REQUEST: Request = Request::named("GetDiagnostics").means(outcome);

fn outcome(asked: &Value, answered: &Value) -> Option<StationEvent> {
    let name = plain(&answered["fileName"]).filter(|name| !name.is_empty());
    let status = if name.is_some() { "" } else { "Nothing" };
    let mut what = asked.clone();
    what["filename"] = name.into();
    let asked = DiagnosticsEvent::LogAsked { request: None, what, status: status.to_owned() };
    Some(StationEvent::Diagnostics(asked))
}
