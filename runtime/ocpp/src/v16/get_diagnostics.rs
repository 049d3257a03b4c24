//! GetDiagnostics (OCPP 1.6, 5.9). An answer without a name: there is nothing to upload.

use amprule_domain::command::{Command, LogKind};
use amprule_domain::event::{DiagnosticsEvent, StationEvent};
use serde_json::Value;

use crate::encode::{Object, Times};
use crate::request::Request;
use crate::said::plain;

pub(crate) const REQUEST: Request = Request::typed("GetDiagnostics", encode).means(outcome);

fn encode(command: &Command, times: Times) -> Option<String> {
    let Command::Log(wanted) = command else { return None };
    if wanted.kind != LogKind::Diagnostics {
        return None;
    }
    let request = Object::new(times).text("location", &wanted.location);
    let request = request.maybe(wanted.retries, |object, retries| object.raw("retries", retries));
    let request = request.maybe(wanted.retry_interval_s, |object, pause| object.raw("retryInterval", pause));
    let request = request.maybe(wanted.from, |object, from| object.time("startTime", from));
    Some(request.maybe(wanted.to, |object, to| object.time("stopTime", to)).finish())
}

fn outcome(asked: &Value, answered: &Value) -> Option<StationEvent> {
    let name = plain(&answered["fileName"]).filter(|name| !name.is_empty());
    let status = if name.is_some() { "" } else { "Nothing" };
    let mut what = asked.clone();
    what["filename"] = name.into();
    let (status, of) = (status.to_owned(), Value::Null);
    let asked = DiagnosticsEvent::LogAsked { request: None, what, status, of };
    Some(StationEvent::Diagnostics(asked))
}
