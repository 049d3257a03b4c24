//! SendLocalList (OCPP 1.6, 5.15).

use amprule_domain::event::{Entry, StationEvent};
use serde_json::{Value, json};

use crate::request::Request;
use crate::said::int;
use crate::v201::send_local_list::taken;

pub(crate) const REQUEST: Request = Request::named("SendLocalList").means(outcome);

fn outcome(asked: &Value, answered: &Value) -> Option<StationEvent> {
    let version = int(&asked["listVersion"])?;
    let entries = asked["localAuthorizationList"].as_array().into_iter().flatten();
    let entries = entries.map(|entry| Entry {
        id_token: json!({ "idToken": entry["idTag"] }),
        info: Some(entry["idTagInfo"].clone()).filter(Value::is_object),
    });
    taken(version, &asked["updateType"], entries.collect(), answered)
}
