//! SendLocalList (OCPP 2.0.1, 1.51).

use amprule_domain::event::{Entry, LocalListEvent, StationEvent};
use serde_json::Value;

use crate::request::{Request, says};
use crate::said::{int, plain};

pub(crate) const REQUEST: Request = Request::named("SendLocalList").means(outcome);

fn outcome(asked: &Value, answered: &Value) -> Option<StationEvent> {
    let version = int(&asked["versionNumber"])?;
    let entries = asked["localAuthorizationList"].as_array().into_iter().flatten();
    let entries = entries.map(|entry| Entry {
        id_token: entry["idToken"].clone(),
        info: Some(entry["idTokenInfo"].clone()).filter(Value::is_object),
    });
    taken(version, &asked["updateType"], entries.collect(), answered)
}

/// What has become of it, in any version.
pub(crate) fn taken(version: i64, kind: &Value, entries: Vec<Entry>, answered: &Value) -> Option<StationEvent> {
    if !says(answered, "Accepted") {
        let status = plain(&answered["status"])?;
        return Some(StationEvent::LocalList(LocalListEvent::Refused { version, status }));
    }
    let is_full = kind.as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("Full"));
    Some(StationEvent::LocalList(LocalListEvent::Taken { version, is_full, entries }))
}
