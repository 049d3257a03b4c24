//! Passwords and keys that commands carry to stations: shown to nobody, and not kept once they are told.

use serde_json::{Map, Value};

use super::{Command, Setting};

/// Stands where a secret was.
const HIDDEN: &str = "***";

/// Members that are secrets wherever they stand (OCPP 2.0.1, NetworkConnectionProfileType and APNType).
const PASSWORDS: [&str; 3] = ["apnPassword", "basicAuthPassword", "password"];

/// What is set by this name is a secret: a variable of 2.x, a configuration key of 1.6.
const SETTINGS: [&str; 2] = ["AuthorizationKey", "BasicAuthPassword"];

impl Command {
    /// As it may be shown and kept.
    #[must_use]
    pub fn without_secrets(&self) -> Self {
        let (action, payload) = match self {
            Self::Request { action, payload } => (action, payload),
            Self::SetVariables { settings } => {
                return Self::SetVariables { settings: settings.iter().map(hidden).collect() };
            }
            Self::Password { .. } => return Self::Password { password: HIDDEN.to_owned() },
            other => return other.clone(),
        };
        let hidden =
            serde_json::from_str(payload).ok().and_then(|mut payload| hide(&mut payload).then(|| payload.to_string()));
        Self::Request { action: action.clone(), payload: hidden.unwrap_or_else(|| payload.clone()) }
    }
}

fn hidden(setting: &Setting) -> Setting {
    let is_secret = SETTINGS.contains(&setting.of.place.variable.as_str());
    let value = if is_secret { HIDDEN.to_owned() } else { setting.value.clone() };
    Setting { of: setting.of.clone(), value }
}

/// True: there was something to hide.
fn hide(value: &mut Value) -> bool {
    match value {
        Value::Array(items) => items.iter_mut().fold(false, |any, item| hide(item) || any),
        Value::Object(members) => {
            let secrets: Vec<String> = members.keys().filter(|name| is_secret(members, name)).cloned().collect();
            let any = members.values_mut().fold(false, |any, value| hide(value) || any);
            for name in &secrets {
                members.insert(name.clone(), Value::from(HIDDEN));
            }
            any || !secrets.is_empty()
        }
        _ => false,
    }
}

fn is_secret(members: &Map<String, Value>, name: &str) -> bool {
    let is_setting = |value: &Value| value.as_str().is_some_and(|name| SETTINGS.contains(&name));
    match name {
        "value" => members.get("key").is_some_and(is_setting),
        "attributeValue" => members.get("variable").is_some_and(|variable| is_setting(&variable["name"])),
        // A VPN's (VPNType); elsewhere a key is a name.
        "key" => members.contains_key("server"),
        name => PASSWORDS.contains(&name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_opens_doors_is_not_shown_and_all_else_is() {
        let cases = [
            (r#"{"key":"AuthorizationKey","value":"0a0b"}"#, r#"{"key":"AuthorizationKey","value":"***"}"#),
            (r#"{"key":"HeartbeatInterval","value":"60"}"#, r#"{"key":"HeartbeatInterval","value":"60"}"#),
            (
                r#"{"setVariableData":[{"attributeValue":"hidden-8","component":{"name":"SecurityCtrlr"},"variable":{"name":"BasicAuthPassword"}},{"attributeValue":"60","component":{"name":"OCPPCommCtrlr"},"variable":{"name":"HeartbeatInterval"}}]}"#,
                r#"{"setVariableData":[{"attributeValue":"***","component":{"name":"SecurityCtrlr"},"variable":{"name":"BasicAuthPassword"}},{"attributeValue":"60","component":{"name":"OCPPCommCtrlr"},"variable":{"name":"HeartbeatInterval"}}]}"#,
            ),
            (
                r#"{"connectionData":{"apn":{"apn":"a","apnPassword":"b"},"basicAuthPassword":"c","vpn":{"key":"d","password":"e","server":"f","user":"g"}}}"#,
                r#"{"connectionData":{"apn":{"apn":"a","apnPassword":"***"},"basicAuthPassword":"***","vpn":{"key":"***","password":"***","server":"f","user":"g"}}}"#,
            ),
            (r#"{"key":["AuthorizationKey"]}"#, r#"{"key":["AuthorizationKey"]}"#),
            ("not JSON", "not JSON"),
        ];
        for (payload, shown) in cases {
            let command = Command::Request { action: "ChangeConfiguration".to_owned(), payload: payload.to_owned() };
            let Command::Request { payload, .. } = command.without_secrets() else { panic!("another command") };
            assert_eq!(payload, shown);
        }
    }
}
