//! GetLog (OCPP 2.0.1, 1.28).

use amprule_domain::command::{Command, LogKind, LogWanted};
use amprule_domain::event::{DiagnosticsEvent, StationEvent};
use serde_json::Value;

use crate::encode::{Object, Times};
use crate::request::Request;
use crate::said::{int, plain};

pub(crate) const REQUEST: Request = Request::typed("GetLog", encode).means(outcome);

fn encode(command: &Command, times: Times) -> Option<String> {
    let Command::Log(wanted) = command else { return None };
    Some(request(wanted, times))
}

pub(crate) fn request(wanted: &LogWanted, times: Times) -> String {
    let log = Object::new(times).text("remoteLocation", &wanted.location);
    let log = log.maybe(wanted.from, |object, from| object.time("oldestTimestamp", from));
    let log = log.maybe(wanted.to, |object, to| object.time("latestTimestamp", to));
    let kind = match wanted.kind {
        LogKind::Diagnostics => "DiagnosticsLog",
        LogKind::Security => "SecurityLog",
    };
    let request = Object::new(times).raw("log", log.finish()).text("logType", kind).raw("requestId", wanted.number);
    let request = request.maybe(wanted.retries, |object, retries| object.raw("retries", retries));
    request.maybe(wanted.retry_interval_s, |object, pause| object.raw("retryInterval", pause)).finish()
}

pub(crate) fn outcome(asked: &Value, answered: &Value) -> Option<StationEvent> {
    let mut what = asked.clone();
    // The name under which the station uploads it.
    what["filename"] = answered["filename"].clone();
    let status = plain(&answered["status"]).unwrap_or_default();
    let (request, of) = (int(&asked["requestId"]), Value::Null);
    Some(StationEvent::Diagnostics(DiagnosticsEvent::LogAsked { request, what, status, of }))
}
