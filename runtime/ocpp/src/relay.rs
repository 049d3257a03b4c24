//! What it takes to repeat a station's words to another backend: which of them may not be missing, what the other one calls
//! a transaction, and how a station is introduced that does not introduce itself.
//!
//! In 1.6 a backend gives a transaction its number (5.11), so that two of them give two; in 2.x the station names it.

use amprule_domain::data_transfer::PLUG_AND_CHARGE;
use amprule_domain::event::{Boot, ConnectorStatus};
use serde_json::{Value, json};

use crate::dialect::Dialect;
use crate::encode;
use crate::shapes::{self, Side};
use crate::version::Version;

/// What becomes of a station's message while the other backend cannot hear it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Relayed {
    /// It introduces the station.
    Introduction,
    /// It may not be missing, and not come out of order.
    Kept,
    /// The same, but a transaction is complete without it.
    Reading,
    /// The latest of this name stands for those before it.
    State(String),
    /// It means something at its time only.
    Passing,
    /// It asks for something that one backend alone may give: a signature, a certificate, limits.
    Ours,
}

/// How a BootNotification was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registration {
    /// With how often a heartbeat is wanted, s.
    Accepted(u64),
    /// With after how long the station may introduce itself again, s.
    Pending(u64),
    Rejected(u64),
}

/// Requests of a station whose answers it acts upon.
const OURS: [&str; 6] = [
    "Get15118EVCertificate",
    "GetCertificateChainStatus",
    "GetCertificateStatus",
    "PullDynamicScheduleUpdate",
    "SignCertificate",
    "VatNumberValidation",
];

/// Progress of something: where it stands now is enough.
const PROGRESS: [&str; 5] = [
    "DiagnosticsStatusNotification",
    "FirmwareStatusNotification",
    "Heartbeat",
    "LogStatusNotification",
    "PublishFirmwareStatusNotification",
];

fn is_about_contracts(payload: &Value) -> bool {
    payload["vendorId"].as_str().is_some_and(|vendor| vendor.eq_ignore_ascii_case(PLUG_AND_CHARGE))
}

impl Dialect {
    /// What kind of message this is to another backend.
    pub fn relayed(self, action: &str, payload: &Value) -> Relayed {
        match action {
            "BootNotification" => Relayed::Introduction,
            "StartTransaction" | "StopTransaction" | "SecurityEventNotification" => Relayed::Kept,
            "TransactionEvent" if payload["eventType"] == "Updated" => Relayed::Reading,
            "TransactionEvent" => Relayed::Kept,
            "MeterValues" if self.number_of(action, payload).is_some() => Relayed::Reading,
            "MeterValues" | "StatusNotification" => Relayed::State(format!("{action} {}", place(payload))),
            _ if PROGRESS.contains(&action) => Relayed::State(action.to_owned()),
            _ if OURS.contains(&action) => Relayed::Ours,
            // In 1.6 those are carried in it.
            "DataTransfer" if is_about_contracts(payload) => Relayed::Ours,
            _ => Relayed::Passing,
        }
    }

    /// The number of the transaction that a station's message belongs to. `None`: it has none, or its version has no numbers.
    pub fn number_of(self, action: &str, payload: &Value) -> Option<i64> {
        let has_one = self.version == Version::V16 && matches!(action, "MeterValues" | "StopTransaction");
        payload["transactionId"].as_i64().filter(|number| has_one && *number > 0)
    }

    /// Whether a backend's answer to this request gives a transaction its number.
    pub fn gives_number(self, action: &str) -> bool {
        self.version == Version::V16 && action == "StartTransaction"
    }

    /// The number that an answer gives. `None`: it gives none that can be used.
    pub fn given_number(self, answer: &Value) -> Option<i64> {
        answer["transactionId"].as_i64()
    }

    /// Where a request to a station names a transaction by a number that a backend gave.
    pub fn number_asked<'p>(self, action: &str, payload: &'p mut Value) -> Option<&'p mut Value> {
        let place = match (self.version, action) {
            (Version::V16, "RemoteStopTransaction") => "/transactionId",
            (Version::V16, "SetChargingProfile") => "/csChargingProfiles/transactionId",
            _ => return None,
        };
        payload.pointer_mut(place)
    }

    /// What an answer says of the token; empty where it says nothing.
    pub fn token_verdict(self, answer: &Value) -> &str {
        let said =
            ["/idTokenInfo/status", "/idTagInfo/status"].iter().find_map(|place| answer.pointer(place)?.as_str());
        said.unwrap_or_default()
    }

    /// `None`: this is no answer to a BootNotification.
    pub fn registration(self, answer: &Value) -> Option<Registration> {
        let interval = answer["interval"].as_u64().unwrap_or_default();
        match answer["status"].as_str()? {
            "Accepted" => Some(Registration::Accepted(interval)),
            "Pending" => Some(Registration::Pending(interval)),
            "Rejected" => Some(Registration::Rejected(interval)),
            _ => None,
        }
    }

    /// The payload of a BootNotification for a station that has booted some time ago. `None`: it has not said what it is.
    pub fn introduction(self, boot: &Boot) -> Option<Value> {
        let Boot { vendor, model, serial, firmware, .. } = boot;
        if vendor.is_empty() && model.is_empty() {
            return None;
        }
        Some(match self.version {
            Version::V16 => present(json!({
                "chargePointVendor": cut(vendor, 20), "chargePointModel": cut(model, 20),
                "chargePointSerialNumber": serial.as_deref().map(|serial| cut(serial, 25)),
                "firmwareVersion": firmware.as_deref().map(|firmware| cut(firmware, 50)),
            })),
            Version::V201 | Version::V21 => {
                let station = present(json!({
                    "vendorName": cut(vendor, 50), "model": cut(model, 20),
                    "serialNumber": serial.as_deref().map(|serial| cut(serial, 25)),
                    "firmwareVersion": firmware.as_deref().map(|firmware| cut(firmware, 50)),
                }));
                json!({ "reason": "Unknown", "chargingStation": station })
            }
        })
    }

    /// The payload of a StatusNotification about a connector that said it some time ago. `None`: the version has no words
    /// for that place.
    pub fn standing(self, status: &ConnectorStatus) -> Option<Value> {
        let at = status.at?.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        match self.version {
            Version::V16 => Some(json!({
                "connectorId": status.evse, "errorCode": status.error.as_deref().unwrap_or("NoError"),
                "status": status.status, "timestamp": at,
            })),
            Version::V201 | Version::V21 => (status.evse > 0).then(|| {
                json!({
                    "timestamp": at, "connectorStatus": status.status,
                    "evseId": status.evse, "connectorId": status.connector,
                })
            }),
        }
    }

    /// A CALLERROR that somebody else has worded.
    pub fn repeat_error(self, id: &str, code: &str, description: &str) -> String {
        encode::error(id, code, description)
    }

    /// A SEND (2.1): a message that wants no answer.
    pub fn encode_send(self, id: &str, action: &str, payload: &str) -> String {
        encode::send(id, action, payload)
    }

    /// Whether any version has this request to a station. The error continues a sentence with the nearest one, or is empty.
    ///
    /// # Errors
    /// None has it.
    pub fn is_request(action: &str) -> Result<(), String> {
        let mut all = Version::ALL.into_iter().flat_map(|version| shapes::requests(version, Side::Server));
        match all.any(|known| known == action) {
            true => Ok(()),
            false => {
                let nearest = Version::ALL.into_iter().find_map(|version| shapes::nearest(version, action));
                Err(nearest.map(|near| format!("; did you mean {near}?")).unwrap_or_default())
            }
        }
    }
}

/// Without members that are null.
fn present(members: Value) -> Value {
    amprule_domain::holding::body(members)
}

fn cut(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

/// Of a status or a reading outside of transactions.
fn place(payload: &Value) -> String {
    let part = |name: &str| payload[name].as_u64().map(|number| number.to_string()).unwrap_or_default();
    format!("{}/{}", part("evseId"), part("connectorId"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn relayed(dialect: Dialect, action: &str, payload: &str) -> Relayed {
        dialect.relayed(action, &serde_json::from_str(payload).unwrap())
    }

    #[test]
    fn what_may_not_be_missing_is_told_from_what_is_over_with_its_moment() {
        let state = |name: &str| Relayed::State(name.to_owned());
        let cases = [
            (Dialect::V16, "StartTransaction", r#"{"connectorId":1}"#, Relayed::Kept),
            (Dialect::V16, "MeterValues", r#"{"connectorId":1,"transactionId":7,"meterValue":[]}"#, Relayed::Reading),
            (Dialect::V16, "MeterValues", r#"{"connectorId":1,"meterValue":[]}"#, state("MeterValues /1")),
            (Dialect::V16, "MeterValues", r#"{"connectorId":2,"transactionId":0}"#, state("MeterValues /2")),
            (
                Dialect::V16,
                "StatusNotification",
                r#"{"connectorId":2,"status":"Available"}"#,
                state("StatusNotification /2"),
            ),
            (Dialect::V201, "StatusNotification", r#"{"evseId":1,"connectorId":2}"#, state("StatusNotification 1/2")),
            (Dialect::V201, "TransactionEvent", r#"{"eventType":"Updated"}"#, Relayed::Reading),
            (Dialect::V201, "TransactionEvent", r#"{"eventType":"Ended"}"#, Relayed::Kept),
            (Dialect::V201, "SecurityEventNotification", "{}", Relayed::Kept),
            (Dialect::V21, "SignCertificate", "{}", Relayed::Ours),
            (Dialect::V21, "Heartbeat", "{}", state("Heartbeat")),
            (Dialect::V16, "Authorize", r#"{"idTag":"A"}"#, Relayed::Passing),
            (Dialect::V16, "BootNotification", "{}", Relayed::Introduction),
            (Dialect::V16, "AcmeHello", "{}", Relayed::Passing),
        ];
        for (dialect, action, payload, expect) in cases {
            assert_eq!(relayed(dialect, action, payload), expect, "{action} {payload}");
        }
    }

    #[test]
    fn only_1_6_has_transactions_that_two_backends_call_differently() {
        let stop = json!({"transactionId": 7, "meterStop": 1});
        assert_eq!(Dialect::V16.number_of("StopTransaction", &stop), Some(7));
        assert_eq!(Dialect::V201.number_of("StopTransaction", &stop), None);
        let mut profile = json!({"connectorId": 1, "csChargingProfiles": {"transactionId": 9}});
        *Dialect::V16.number_asked("SetChargingProfile", &mut profile).unwrap() = json!(3);
        assert_eq!(profile["csChargingProfiles"]["transactionId"], 3);
        assert!(Dialect::V16.number_asked("SetChargingProfile", &mut json!({"csChargingProfiles": {}})).is_none());
        assert!(Dialect::V201.number_asked("RequestStopTransaction", &mut json!({"transactionId": "a"})).is_none());
    }

    /// What is made up must be as the version's shapes want it.
    #[test]
    fn an_introduction_is_one_that_the_station_could_have_said() {
        use crate::shapes::Part;
        let long = "v".repeat(60);
        let boot = Boot { vendor: long.clone(), model: long.clone(), serial: Some(long), ..Boot::default() };
        let status = ConnectorStatus {
            evse: 1,
            connector: 1,
            status: "Available".to_owned(),
            error: None,
            vendor: None,
            at: "2026-07-01T08:00:00Z".parse().ok(),
            charging: None,
        };
        for dialect in [Dialect::V16, Dialect::V201, Dialect::V21] {
            let said = [
                ("BootNotification", dialect.introduction(&boot).unwrap()),
                ("StatusNotification", dialect.standing(&status).unwrap()),
            ];
            for (action, payload) in said {
                dialect.check(Side::Station, Part::Request, action, &payload.to_string()).unwrap();
            }
            assert_eq!(dialect.introduction(&Boot::default()), None);
        }
        let whole = ConnectorStatus { evse: 0, ..status };
        assert_eq!(Dialect::V201.standing(&whole), None);
    }

    #[test]
    fn a_request_of_any_version_is_known() {
        assert_eq!(Dialect::is_request("SetDERControl"), Ok(()));
        assert_eq!(Dialect::is_request("RemoteStopTransaction"), Ok(()));
        assert_eq!(Dialect::is_request("SetChargingProfil"), Err("; did you mean SetChargingProfile?".to_owned()));
        assert!(Dialect::is_request("StartTransaction").is_err());
    }
}
