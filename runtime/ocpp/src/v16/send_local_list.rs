//! SendLocalList (OCPP 1.6, 5.15).

use amprule_domain::command::{Command, ListEntry};
use amprule_domain::event::{Entry, StationEvent};
use serde_json::{Value, json};

use crate::encode::{Object, Times};
use crate::request::Request;
use crate::said::int;
use crate::v16::words;
use crate::v201::send_local_list::{info, kind, refused, taken};

pub(crate) const REQUEST: Request = Request::typed("SendLocalList", encode).means(outcome).fails(failure);

fn encode(command: &Command, times: Times) -> Option<String> {
    let Command::SendLocalList { version, is_full, entries } = command else { return None };
    let entries: Vec<_> = entries.iter().map(|entry| self::entry(entry, times)).collect();
    let request = Object::new(times).raw("listVersion", version);
    let request = request.raw("localAuthorizationList", format!("[{}]", entries.join(",")));
    Some(request.text("updateType", kind(*is_full)).finish())
}

fn entry(entry: &ListEntry, times: Times) -> String {
    let info = entry.is_there.then(|| words::id_tag_info(&info(entry), times));
    let object = Object::new(times).text("idTag", &entry.id_token.id_token);
    object.maybe(info, |object, info| object.raw("idTagInfo", info)).finish()
}

fn outcome(asked: &Value, answered: &Value) -> Option<StationEvent> {
    let version = int(&asked["listVersion"])?;
    let entries = asked["localAuthorizationList"].as_array().into_iter().flatten();
    let entries = entries.map(|entry| Entry {
        id_token: json!({ "idToken": entry["idTag"] }),
        info: Some(entry["idTagInfo"].clone()).filter(Value::is_object),
    });
    taken(version, &asked["updateType"], entries.collect(), answered)
}

fn failure(asked: &Value, code: &str) -> Option<StationEvent> {
    Some(refused(int(&asked["listVersion"])?, code))
}
