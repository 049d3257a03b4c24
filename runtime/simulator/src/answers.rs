//! What a simulated station answers to the server's calls.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::Version;

#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    Result(Value),
    Error {
        code: String,
        description: String,
    },
    /// Says nothing at all, as some stations do.
    Silence,
}

/// Gets the action and payload of a call. Called in the order in which calls arrive.
pub type Handler = Arc<dyn Fn(&str, &Value) -> Answer + Send + Sync>;

/// A station that agrees to everything it knows.
pub fn accepting(version: Version) -> Handler {
    Arc::new(move |action, payload| answer(version, action, payload))
}

fn answer(version: Version, action: &str, payload: &Value) -> Answer {
    let result = match action {
        "CancelReservation"
        | "ChangeAvailability"
        | "ChangeConfiguration"
        | "ClearCache"
        | "ClearChargingProfile"
        | "ClearDisplayMessage"
        | "CustomerInformation"
        | "DataTransfer"
        | "DeleteCertificate"
        | "ExtendedTriggerMessage"
        | "GetBaseReport"
        | "GetLog"
        | "GetReport"
        | "InstallCertificate"
        | "RemoteStartTransaction"
        | "RemoteStopTransaction"
        | "RequestStartTransaction"
        | "RequestStopTransaction"
        | "ReserveNow"
        | "Reset"
        | "SendLocalList"
        | "SetChargingProfile"
        | "SetDisplayMessage"
        | "SetNetworkProfile"
        | "SignedUpdateFirmware"
        | "TriggerMessage" => json!({"status": "Accepted"}),
        "UpdateFirmware" if version == Version::Ocpp16 => json!({}),
        "UpdateFirmware" => json!({"status": "Accepted"}),
        "CostUpdated" | "GetDiagnostics" => json!({}),
        "UnlockConnector" => json!({"status": "Unlocked"}),
        "GetLocalListVersion" if version == Version::Ocpp16 => json!({"listVersion": 0}),
        "GetLocalListVersion" => json!({"versionNumber": 0}),
        "GetTransactionStatus" => json!({"messagesInQueue": false}),
        "GetConfiguration" => json!({"configurationKey": [], "unknownKey": payload.get("key").unwrap_or(&json!([]))}),
        "GetVariables" => json!({"getVariableResult": each(payload, "getVariableData", &unknown_variable)}),
        "SetVariables" => json!({"setVariableResult": each(payload, "setVariableData", &accepted_variable)}),
        _ => return Answer::Error { code: "NotImplemented".into(), description: format!("{action} is not simulated") },
    };
    Answer::Result(result)
}

fn each(payload: &Value, member: &str, result: &dyn Fn(&Value) -> Value) -> Vec<Value> {
    payload.get(member).and_then(Value::as_array).map(|asked| asked.iter().map(result).collect()).unwrap_or_default()
}

fn unknown_variable(asked: &Value) -> Value {
    json!({"attributeStatus": "UnknownVariable", "component": asked["component"], "variable": asked["variable"]})
}

fn accepted_variable(asked: &Value) -> Value {
    json!({"attributeStatus": "Accepted", "component": asked["component"], "variable": asked["variable"]})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_requests_are_accepted_and_others_are_not_implemented() {
        let reset = accepting(Version::Ocpp201)("Reset", &json!({"type": "Immediate"}));
        assert_eq!(reset, Answer::Result(json!({"status": "Accepted"})));
        let other = accepting(Version::Ocpp201)("MakeCoffee", &json!({}));
        assert!(matches!(other, Answer::Error { code, .. } if code == "NotImplemented"));
    }

    #[test]
    fn every_variable_that_is_asked_for_is_answered() {
        let asked = json!({"getVariableData": [{"component": {"name": "A"}, "variable": {"name": "B"}}]});
        let Answer::Result(answer) = accepting(Version::Ocpp201)("GetVariables", &asked) else { panic!("no result") };
        assert_eq!(answer["getVariableResult"][0]["component"]["name"], "A");
    }
}
