//! ISO 15118 Plug & Charge over DataTransfer of OCPP 1.6: which requests go this way, and what stations of the field answer.

use amprule_domain::command::{Command, Verdict};
use amprule_domain::event::{SecurityEvent, StationEvent};
use amprule_domain::security::deleting;
use amprule_ocpp::{CommandFault, Dialect};
use serde_json::{Value, json};

const VENDOR: &str = "org.openchargealliance.iso15118pnc";

fn request(action: &str, payload: &Value) -> Command {
    Command::Request { action: action.to_owned(), payload: payload.to_string() }
}

fn signed(usage: Option<&str>) -> Command {
    let usage = usage.map(str::to_owned);
    Command::CertificateSigned { chain: "PEM".to_owned(), usage, request: Some(3), signed: None }
}

fn hash() -> Value {
    json!({"hashAlgorithm": "SHA256", "issuerNameHash": "8d1f", "issuerKeyHash": "27c0", "serialNumber": "3a9f"})
}

/// The action on the wire, and what is carried, if something is.
fn worded(command: &Command) -> Result<(&'static str, Value), CommandFault> {
    let (action, payload) = Dialect::V16.worded(command, "2026-07-01T08:00:00Z".parse().expect("a time"))?;
    let payload: Value = serde_json::from_str(&payload).expect("JSON");
    if action != "DataTransfer" {
        return Ok((action, payload));
    }
    assert_eq!(payload["vendorId"], VENDOR);
    let data: Value = serde_json::from_str(payload["data"].as_str().expect("a text")).expect("JSON");
    Ok((action, json!({ payload["messageId"].as_str().expect("a name"): data })))
}

#[test]
fn what_1_6_has_no_words_for_is_carried_and_the_rest_stays_as_it_is() {
    let pem = "-----BEGIN CERTIFICATE-----";
    let install = |kind: &str| json!({"certificateType": kind, "certificate": pem});
    let list = |kinds: Value| json!({ "certificateType": kinds });
    let delete = json!({"certificateHashData": hash()});
    let carried = |action: &str, data: Value| ("DataTransfer", json!({ action: data }));
    let trigger = json!({"requestedMessage": "SignV2GCertificate"});
    let chain = json!({"certificateChain": "PEM"});
    let both = json!(["V2GRootCertificate", "MORootCertificate"]);
    let rows = [
        (
            request("InstallCertificate", &install("MORootCertificate")),
            carried("InstallCertificate", install("MORootCertificate")),
        ),
        (
            request("InstallCertificate", &install("CentralSystemRootCertificate")),
            ("InstallCertificate", install("CentralSystemRootCertificate")),
        ),
        (request("GetInstalledCertificateIds", &json!({})), carried("GetInstalledCertificateIds", json!({}))),
        (request("GetInstalledCertificateIds", &list(both.clone())), carried("GetInstalledCertificateIds", list(both))),
        (
            request("GetInstalledCertificateIds", &list(json!("ManufacturerRootCertificate"))),
            ("GetInstalledCertificateIds", list(json!("ManufacturerRootCertificate"))),
        ),
        (request("DeleteCertificate", &delete), ("DeleteCertificate", delete.clone())),
        (deleting("V2GCertificateChain", &hash()), carried("DeleteCertificate", delete.clone())),
        // The note has no members for it: there is but one thing to ask for.
        (request("TriggerMessage", &trigger), carried("TriggerMessage", json!({}))),
        (
            request("TriggerMessage", &json!({"requestedMessage": "Heartbeat"})),
            ("TriggerMessage", json!({"requestedMessage": "Heartbeat"})),
        ),
        (
            request("CertificateSigned", &json!({"certificateChain": "PEM", "certificateType": "V2GCertificate"})),
            carried("CertificateSigned", chain.clone()),
        ),
        (request("CertificateSigned", &chain), ("CertificateSigned", chain.clone())),
        (signed(Some("V2GCertificate")), carried("CertificateSigned", chain.clone())),
        (signed(Some("ChargingStationCertificate")), ("CertificateSigned", chain.clone())),
        (signed(None), ("CertificateSigned", chain)),
    ];
    for (command, expect) in rows {
        assert_eq!(worded(&command), Ok(expect), "{command:?}");
    }
}

#[test]
fn a_mistake_is_told_by_its_place_before_anything_is_sent() {
    let install = |kind: &str| request("InstallCertificate", &json!({"certificateType": kind, "certificate": "x"}));
    let list = |kinds: Value| request("GetInstalledCertificateIds", &json!({ "certificateType": kinds }));
    let delete = |hash: &Value| deleting("MORootCertificate", hash);
    let mut short = hash();
    short.as_object_mut().expect("an object").remove("serialNumber");
    let rows = [
        (install("CSMSRootCertificate"), "/certificateType", "CentralSystemRootCertificate and"),
        (install("V2GRotCertificate"), "/certificateType", "V2GRootCertificate, MORootCertificate"),
        (
            request("InstallCertificate", &json!({"certificateType": "MORootCertificate"})),
            "",
            "certificate is required",
        ),
        (
            list(json!(["V2GRootCertificate", "CentralSystemRootCertificate"])),
            "/certificateType/1",
            "one kind at a time",
        ),
        (list(json!([])), "/certificateType", "at least 1"),
        (list(json!("V2GRootCertificate")), "/certificateType", "an array"),
        (delete(&short), "/certificateHashData", "serialNumber is required"),
        (deleting("TeaRoot", &hash()), "/certificateType", "V2GCertificateChain"),
        (
            request("CertificateSigned", &json!({"certificateChain": "PEM", "certificateType": "Tea"})),
            "/certificateType",
            "left out",
        ),
        (
            request("TriggerMessage", &json!({"requestedMessage": "SignV2GCertificate", "evseId": 1})),
            "/evseId",
            "is not a member here",
        ),
    ];
    for (command, place, says) in rows {
        match worded(&command) {
            Err(CommandFault::Invalid { path, message }) => {
                assert!(path == place && message.contains(says), "{command:?}: {path:?} {message}");
            }
            other => panic!("{command:?}: {other:?}"),
        }
    }
}

fn asked(action: &str, data: &Value) -> String {
    json!({"vendorId": VENDOR, "messageId": action, "data": data.to_string()}).to_string()
}

/// An action, what the station says to the DataTransfer, and what that comes to: the verdict, its word, and what the operator reads.
type Row = (&'static str, Value, Verdict, &'static str, &'static str);

/// Answers as stations and their libraries give them.
#[test]
fn a_stations_answer_is_the_answer_to_the_action() {
    let data = |data: Value| json!({"status": "Accepted", "data": data});
    let said = |said: Value| data(json!(said.to_string()));
    let rows: [Row; 14] = [
        ("InstallCertificate", said(json!({"status": "Accepted"})), Verdict::Accepted, "Accepted", ""),
        // The message was taken, the certificate was not: the inner word counts.
        ("InstallCertificate", said(json!({"status": "Failed"})), Verdict::Refused, "Failed", ""),
        (
            "CertificateSigned",
            said(json!({"status": "Rejected", "statusInfo": {"reasonCode": "InvalidCertificate"}})),
            Verdict::Refused,
            "Rejected",
            "InvalidCertificate",
        ),
        // A library that writes the text as a text once more, and one that leaves it an object.
        (
            "DeleteCertificate",
            data(json!(json!("{\"status\":\"NotFound\"}").to_string())),
            Verdict::Refused,
            "NotFound",
            "",
        ),
        ("DeleteCertificate", data(json!({"status": "Accepted"})), Verdict::Accepted, "Accepted", ""),
        // Accepted, and an empty list, for none.
        (
            "GetInstalledCertificateIds",
            said(json!({"status": "Accepted", "certificateHashDataChain": []})),
            Verdict::Refused,
            "NotFound",
            "",
        ),
        // A station without the operator's name: its own words stand where JSON should.
        (
            "TriggerMessage",
            json!({"status": "Rejected", "data": "No CpoName is set. Cannot trigger CSR"}),
            Verdict::Refused,
            "Rejected",
            "No CpoName is set",
        ),
        ("TriggerMessage", json!({"status": "Accepted"}), Verdict::Accepted, "Accepted", ""),
        ("TriggerMessage", json!({"status": "Accepted", "data": ""}), Verdict::Accepted, "Accepted", ""),
        // A stub that takes everything.
        ("InstallCertificate", json!({"status": "Accepted"}), Verdict::Refused, "FormatViolation", "what came of it"),
        (
            "InstallCertificate",
            json!({"status": "UnknownVendorId"}),
            Verdict::Refused,
            "UnknownVendorId",
            "ISO15118PnCEnabled",
        ),
        (
            "DeleteCertificate",
            json!({"status": "UnknownMessageId"}),
            Verdict::Refused,
            "UnknownMessageId",
            "knows no DeleteCertificate",
        ),
        ("InstallCertificate", json!({"status": "Rejected"}), Verdict::Refused, "Rejected", ""),
        (
            "InstallCertificate",
            json!({"status": "Rejected", "data": "{\"status\":\"Accepted\"}"}),
            Verdict::Refused,
            "Rejected",
            "",
        ),
    ];
    for (action, answered, verdict, status, reason) in rows {
        let answer = Dialect::V16.answer("DataTransfer", &asked(action, &json!({})), Ok(&answered.to_string()));
        assert_eq!((answer.verdict, answer.status.as_str()), (verdict, status), "{action} {answered}");
        assert!(answer.reason.unwrap_or_default().contains(reason), "{action} {answered}");
    }
    // Somebody else's stays what it is.
    let other = json!({"vendorId": "com.acme", "messageId": "InstallCertificate", "data": "{}"}).to_string();
    let answer = Dialect::V16.answer("DataTransfer", &other, Ok(r#"{"status":"UnknownVendorId"}"#));
    assert_eq!((answer.status.as_str(), answer.reason), ("UnknownVendorId", None));
}

#[test]
fn what_is_odd_is_told_with_its_place() {
    let odd = |answered: Value| {
        Dialect::V16.answer("DataTransfer", &asked("InstallCertificate", &json!({})), Ok(&answered.to_string())).odd
    };
    assert_eq!(odd(json!({"status": "Accepted", "data": "{\"status\":\"Accepted\"}"})), None);
    assert_eq!(
        odd(json!({"status": "Accepted", "data": {"status": "Accepted"}})).as_deref(),
        Some("/data: must be text")
    );
    let inner = odd(json!({"status": "Accepted", "data": "{\"status\":\"Installed\"}"}));
    assert_eq!(inner.as_deref(), Some("/data/status: must be one of Accepted, Rejected, Failed"));
}

/// All kinds of vehicles' side are listed where none is named, and those of the connection are left alone.
#[test]
fn a_list_without_kinds_is_of_vehicles_side() {
    let outcome = |data: &Value, said: Value| {
        let answered = json!({"status": "Accepted", "data": said.to_string()}).to_string();
        match Dialect::V16.outcome("DataTransfer", &asked("GetInstalledCertificateIds", data), &answered) {
            Some(StationEvent::Security(SecurityEvent::Certificates { kinds, certificates })) => (kinds, certificates),
            other => panic!("{other:?}"),
        }
    };
    let chain = |kind: &str| json!({"certificateType": kind, "certificateHashData": hash()});
    let (kinds, found) = outcome(
        &json!({}),
        json!({"status": "Accepted", "certificateHashDataChain": [chain("MORootCertificate"), chain("CSMSRootCertificate")]}),
    );
    assert_eq!(found.len(), 2);
    assert!(kinds.contains(&"V2GCertificateChain".to_owned()) && kinds.contains(&"CSMSRootCertificate".to_owned()));
    assert!(!kinds.contains(&"CentralSystemRootCertificate".to_owned()), "{kinds:?}");
    let (kinds, found) = outcome(&json!({"certificateType": ["MORootCertificate"]}), json!({"status": "NotFound"}));
    assert_eq!((kinds, found.len()), (vec!["MORootCertificate".to_owned()], 0));
    assert!(Dialect::V16.has_outcome("DataTransfer"));
}

/// What is carried is held to what 2.0.1 wants.
#[test]
fn a_request_without_what_is_to_be_signed_is_refused() {
    for data in [json!("{}"), json!("?"), json!(""), Value::Null] {
        let transfer = json!({"vendorId": VENDOR, "messageId": "SignCertificate", "data": data}).to_string();
        let decoded = Dialect::V16.decode("DataTransfer", &transfer, &jiff::tz::TimeZone::UTC);
        assert!(decoded.is_err(), "{transfer}: {decoded:?}");
    }
}
