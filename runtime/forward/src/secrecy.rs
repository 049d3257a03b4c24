//! What another backend may never say to a station, nor hear of it, whatever the operator allows: it would take the station away
//! from this server, or learn how to come in as it.

use amprule_domain::secrets::is_secret;
use serde_json::Value;

/// Requests that lead a station elsewhere.
pub(crate) const TAKES_AWAY: [&str; 2] = ["CertificateSigned", "SetNetworkProfile"];

/// Variables of 2.x and configuration keys of 1.6 by which a station finds its server, and is let in.
const BINDING: [&str; 5] = [
    "allowsecurityprofiledowngrade",
    "identity",
    "networkconfigurationpriority",
    "organizationname",
    "securityprofile",
];

/// True: this request sets a password, or what else binds the station to us.
pub(crate) fn is_ours_alone(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(is_ours_alone),
        Value::Object(members) => {
            let named = [members.get("key"), members.get("variable").and_then(|variable| variable.get("name"))];
            let is_binding = |name: &str| is_secret(name) || BINDING.contains(&name.to_ascii_lowercase().as_str());
            let is_set = members.contains_key("value") || members.contains_key("attributeValue");
            let binds = is_set && named.into_iter().flatten().filter_map(Value::as_str).any(is_binding);
            binds || members.values().any(is_ours_alone)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_binds_a_station_to_us_is_ours_alone() {
        let set = |name: &str| {
            json!({"setVariableData": [
                {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}, "attributeValue": "60"},
                {"component": {"name": "SecurityCtrlr"}, "variable": {"name": name}, "attributeValue": "x"},
            ]})
        };
        for payload in [
            set("BasicAuthPassword"),
            set("NetworkConfigurationPriority"),
            json!({"key": "AuthorizationKey", "value": "x"}),
            json!({"key": "securityprofile", "value": "1"}),
        ] {
            assert!(is_ours_alone(&payload), "{payload}");
        }
        for payload in [
            set("HeartbeatInterval"),
            json!({"key": "HeartbeatInterval", "value": "60"}),
            json!({"key": ["AuthorizationKey"]}),
            json!({"vendorId": "acme", "messageId": "x", "data": "y"}),
            json!({"log": {"remoteLocation": "ftp://theirs:secret@a.example/x"}}),
        ] {
            assert!(!is_ours_alone(&payload), "{payload}");
        }
    }
}
