//! Passwords and keys in what is said to stations and by them: shown to nobody, and not kept once they are told.

use serde_json::{Map, Value};

/// Stands where a secret was.
pub(crate) const HIDDEN: &str = "***";

/// Members that are secrets wherever they stand (OCPP 2.0.1, NetworkConnectionProfileType and APNType).
const MEMBERS: [&str; 4] = ["apnpassword", "basicauthpassword", "password", "simpin"];

/// Variables of 2.x and configuration keys of 1.6 whose values are secrets.
const VARIABLES: [&str; 6] =
    ["apnpassword", "authorizationkey", "basicauthpassword", "simpin", "vpnkey", "vpnpassword"];

/// What stands under this name, a variable's or a configuration key's, is a secret. Names are the same in any case.
pub fn is_secret(variable: &str) -> bool {
    VARIABLES.contains(&variable.to_ascii_lowercase().as_str())
}

/// The same without its secrets.
#[must_use]
pub fn without_secrets(said: &Value) -> Value {
    let mut hidden = said.clone();
    hide(&mut hidden);
    hidden
}

/// The same for text that is JSON; any other stays as it is.
pub(crate) fn text_without_secrets(text: &str) -> String {
    let hidden = serde_json::from_str(text).ok().and_then(|mut said| hide(&mut said).then(|| said.to_string()));
    hidden.unwrap_or_else(|| text.to_owned())
}

/// True: there was something to hide.
fn hide(value: &mut Value) -> bool {
    match value {
        Value::Array(items) => hide_each(items.iter_mut()),
        Value::Object(members) => {
            let of_report = hide_reported(members);
            let secrets: Vec<String> = members.keys().filter(|name| is_hidden(members, name)).cloned().collect();
            let any = hide_each(members.values_mut());
            for name in &secrets {
                members.insert(name.clone(), Value::from(HIDDEN));
            }
            any || of_report || !secrets.is_empty()
        }
        Value::String(text) => match without_user(text).or_else(|| without_ticket(text)) {
            Some(hidden) => {
                *text = hidden;
                true
            }
            None => false,
        },
        _ => false,
    }
}

/// A variable as a report tells it (ReportDataType): its value stands in one of its attributes.
fn hide_reported(members: &mut Map<String, Value>) -> bool {
    let name = members.get("variable").and_then(|variable| variable.get("name")).and_then(Value::as_str);
    if !name.is_some_and(is_secret) {
        return false;
    }
    let attributes = members.get_mut("variableAttribute").and_then(Value::as_array_mut).into_iter().flatten();
    let values = attributes.filter_map(|attribute| attribute.get_mut("value"));
    values.map(|value| *value = Value::from(HIDDEN)).count() > 0
}

/// In all of them, wherever the first one is.
fn hide_each<'v>(values: impl Iterator<Item = &'v mut Value>) -> bool {
    let mut any = false;
    for value in values {
        any |= hide(value);
    }
    any
}

fn is_hidden(members: &Map<String, Value>, name: &str) -> bool {
    let is_named = |value: Option<&Value>| value.and_then(Value::as_str).is_some_and(is_secret);
    match name {
        "value" => is_named(members.get("key")),
        "attributeValue" => is_named(members.get("variable").and_then(|variable| variable.get("name"))),
        // A VPN's (VPNType); elsewhere a key is a name.
        "key" => members.contains_key("server"),
        name => MEMBERS.contains(&name.to_ascii_lowercase().as_str()),
    }
}

/// `scheme://user:password@host…`: `None`: there is no password in it.
pub(crate) fn without_user(text: &str) -> Option<String> {
    let (scheme, rest) = text.split_once("://")?;
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let (user, host) = authority.rsplit_once('@')?;
    let (user, _) = user.split_once(':')?;
    Some(format!("{scheme}://{user}:{HIDDEN}@{host}{path}"))
}

/// In an address of ours for one upload this stands before the station's id, and behind that the key.
pub const TICKETS: &str = "/station-logs/";

/// `None`: it is no such address.
pub(crate) fn without_ticket(text: &str) -> Option<String> {
    let (before, rest) = text.split_once(TICKETS).filter(|(before, _)| before.contains("://"))?;
    let station = rest.split('/').next().unwrap_or_default();
    Some(format!("{before}{TICKETS}{station}/{HIDDEN}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_opens_doors_is_not_shown_and_all_else_is() {
        let cases = [
            (r#"{"key":"authorizationKey","value":"0a0b"}"#, r#"{"key":"authorizationKey","value":"***"}"#),
            (r#"{"key":"HeartbeatInterval","value":"60"}"#, r#"{"key":"HeartbeatInterval","value":"60"}"#),
            (
                r#"{"setVariableData":[{"attributeValue":"hidden-8","component":{"name":"SecurityCtrlr"},"variable":{"name":"BasicAuthPassword"}},{"attributeValue":"60","component":{"name":"OCPPCommCtrlr"},"variable":{"name":"HeartbeatInterval"}}]}"#,
                r#"{"setVariableData":[{"attributeValue":"***","component":{"name":"SecurityCtrlr"},"variable":{"name":"BasicAuthPassword"}},{"attributeValue":"60","component":{"name":"OCPPCommCtrlr"},"variable":{"name":"HeartbeatInterval"}}]}"#,
            ),
            (
                r#"{"connectionData":{"apn":{"apn":"a","apnPassword":"b","simPin":7},"basicAuthPassword":"c","vpn":{"key":"d","password":"e","server":"f","user":"g"}}}"#,
                r#"{"connectionData":{"apn":{"apn":"a","apnPassword":"***","simPin":"***"},"basicAuthPassword":"***","vpn":{"key":"***","password":"***","server":"f","user":"g"}}}"#,
            ),
            (
                r#"{"reportData":[{"component":{"name":"SecurityCtrlr"},"variable":{"name":"BasicAuthPassword"},"variableAttribute":[{"value":"hidden-8"}]}]}"#,
                r#"{"reportData":[{"component":{"name":"SecurityCtrlr"},"variable":{"name":"BasicAuthPassword"},"variableAttribute":[{"value":"***"}]}]}"#,
            ),
            (r#"{"key":["AuthorizationKey"]}"#, r#"{"key":["AuthorizationKey"]}"#),
            (
                r#"{"location":"ftp://ann:secret@files.example.com/a?b=c@d"}"#,
                r#"{"location":"ftp://ann:***@files.example.com/a?b=c@d"}"#,
            ),
            (r#"{"location":"https://files.example.com/x@y:z"}"#, r#"{"location":"https://files.example.com/x@y:z"}"#),
            (
                r#"{"location":"https://files.example.com/a/station-logs/CS-1/k3y/"}"#,
                r#"{"location":"https://files.example.com/a/station-logs/CS-1/***"}"#,
            ),
            ("not JSON", "not JSON"),
        ];
        for (said, shown) in cases {
            assert_eq!(text_without_secrets(said), shown);
        }
    }
}
