//! SendLocalList (OCPP 2.0.1, 1.51).

use amprule_domain::command::{Command, ListEntry};
use amprule_domain::event::{Entry, LocalListEvent, StationEvent};
use amprule_domain::reply::{AuthorizationStatus, TokenInfo};
use serde_json::Value;

use crate::encode::{Object, Times};
use crate::request::{Request, says};
use crate::said::{int, plain};
use crate::v201::words;

pub(crate) const REQUEST: Request = Request::typed("SendLocalList", encode).means(outcome).fails(failure);

/// An empty list has no member for it: it is one of at least one.
fn encode(command: &Command, times: Times) -> Option<String> {
    let Command::SendLocalList { version, is_full, entries } = command else { return None };
    let entries: Vec<_> = entries.iter().map(|entry| self::entry(entry, times)).collect();
    let list = (!entries.is_empty()).then(|| format!("[{}]", entries.join(",")));
    let request = Object::new(times).raw("versionNumber", version).text("updateType", kind(*is_full));
    Some(request.maybe(list, |object, list| object.raw("localAuthorizationList", list)).finish())
}

fn entry(entry: &ListEntry, times: Times) -> String {
    let info = entry.is_there.then(|| words::token_info(&info(entry), times));
    let object = Object::new(times).raw("idToken", words::id_token(&entry.id_token, times));
    object.maybe(info, |object, info| object.raw("idTokenInfo", info)).finish()
}

pub(crate) const fn kind(is_full: bool) -> &'static str {
    if is_full { "Full" } else { "Differential" }
}

pub(crate) fn info(entry: &ListEntry) -> TokenInfo {
    let ListEntry { expires_at, group, .. } = entry.clone();
    TokenInfo { cache_until: expires_at, group, ..TokenInfo::status(AuthorizationStatus::Accepted) }
}

fn outcome(asked: &Value, answered: &Value) -> Option<StationEvent> {
    let version = int(&asked["versionNumber"])?;
    let entries = asked["localAuthorizationList"].as_array().into_iter().flatten();
    let entries = entries.map(|entry| Entry {
        id_token: entry["idToken"].clone(),
        info: Some(entry["idTokenInfo"].clone()).filter(Value::is_object),
    });
    taken(version, &asked["updateType"], entries.collect(), answered)
}

fn failure(asked: &Value, code: &str) -> Option<StationEvent> {
    Some(refused(int(&asked["versionNumber"])?, code))
}

/// Nobody knows what the station holds after it.
pub(crate) fn refused(version: i64, word: &str) -> StationEvent {
    StationEvent::LocalList(LocalListEvent::Refused { version, status: word.to_owned() })
}

/// What has become of it, in any version.
pub(crate) fn taken(version: i64, kind: &Value, entries: Vec<Entry>, answered: &Value) -> Option<StationEvent> {
    if !says(answered, "Accepted") {
        return Some(refused(version, &plain(&answered["status"])?));
    }
    let is_full = kind.as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("Full"));
    Some(StationEvent::LocalList(LocalListEvent::Taken { version, is_full, entries }))
}
