//! What another backend may never say to a station, nor hear of it, whatever the operator allows: it would take the station away
//! from this server, or learn how to come in as it.

use amprule_domain::data_transfer::PLUG_AND_CHARGE;
use amprule_domain::secrets::is_secret;
use serde_json::Value;

/// Requests that lead a station elsewhere.
pub(crate) const TAKES_AWAY: [&str; 2] = ["CertificateSigned", "SetNetworkProfile"];

/// Variables of 2.x and configuration keys of 1.6 by which a station finds its server, and is let in.
const BINDING: [&str; 6] = [
    "allowsecurityprofiledowngrade",
    "identity",
    "networkconfigurationpriority",
    "ocppcsmsurl",
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
            // Where a station of 2.1 connects to (B09), and certificates that 1.6 carries in DataTransfer.
            let component = members.get("component").map(|component| &component["name"]);
            let leads_away = is_set && component.is_some_and(|name| is_named(name, "NetworkConfiguration"));
            let certifies = members.get("vendorId").is_some_and(|vendor| is_named(vendor, PLUG_AND_CHARGE));
            binds || leads_away || certifies || members.values().any(is_ours_alone)
        }
        _ => false,
    }
}

fn is_named(said: &Value, name: &str) -> bool {
    said.as_str().is_some_and(|said| said.eq_ignore_ascii_case(name))
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
            json!({"vendorId": "org.OpenChargeAlliance.iso15118pnc", "messageId": "CertificateSigned", "data": "{}"}),
            json!({"setVariableData": [{"component": {"name": "networkConfiguration", "instance": "1"},
                "variable": {"name": "OcppCsmsUrl"}, "attributeValue": "wss://theirs.example"}]}),
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
