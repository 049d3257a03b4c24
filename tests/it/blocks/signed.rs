//! Block J, signed meter values: what a meter has signed stands with its session byte for byte, and changes nothing else.

use amprule_simulator::{Habits, SimStation, StationSettings, Version, Whole};
use amprule_tests::station16::{self, Station16};
use amprule_tests::station201::{Event, Station201};
use amprule_tests::{Management, TestServer, ago, until};
use serde_json::{Value, json};

use super::{Flow, ID};

fn only(api: &Management, station: &str) -> Value {
    let sessions = api.sessions(station);
    assert_eq!(sessions.len(), 1, "{sessions:?}");
    sessions[0].clone()
}

fn signed_of(api: &Management, session: &Value) -> Value {
    let id = session["id"].as_str().expect("an id");
    api.get(&format!("/api/v1/sessions/{id}/signed-values")).ok()
}

fn values(signed: &Value) -> &Vec<Value> {
    signed["signedValues"].as_array().expect("a list")
}

/// In their order.
fn texts(signed: &Value) -> Vec<&str> {
    values(signed).iter().map(|one| one["signedMeterData"].as_str().expect("a text")).collect()
}

fn member<'a>(signed: &'a Value, member: &str) -> Vec<&'a Value> {
    values(signed).iter().map(|one| &one[member]).collect()
}

/// The server is another process in between, and later once more.
async fn a_meter_that_signs(version: Version, bytes: usize) {
    let server = TestServer::start().await;
    server.api().accept(&["CARD-1"]);
    let whole = Whole::with(version, Habits { signs: Some(bytes), ..Habits::default() });
    let settings = |server: &TestServer| StationSettings::new(&server.ocpp, ID, version);
    let station = SimStation::connect_as(settings(&server), &whole).await.expect("the station connects");
    station.boot().await.expect("the station boots");
    let mut flow = Flow { api: server.api(), server, station, whole };
    let start = json!({"command": "start", "idToken": {"idToken": "CARD-1"}, "evse": 1, "waitS": 20});
    assert_eq!(flow.ordered(start).await.ok()["state"], "answered");
    let begun =
        || flow.api.sessions(ID).first().cloned().filter(|session| !texts(&signed_of(&flow.api, session)).is_empty());
    let session = until("the start is signed", begun).await;
    assert_eq!(texts(&signed_of(&flow.api, &session)), flow.whole.signed());

    flow.server.kill();
    flow.server.restart();
    flow.api = flow.server.api();
    flow.station = SimStation::connect_as(settings(&flow.server), &flow.whole).await.expect("the station comes back");
    flow.station.boot().await.expect("the station boots");
    assert_eq!(texts(&signed_of(&flow.api, &session)), flow.whole.signed(), "it was on disk before its answer");
    let stop = json!({"command": "stop", "transaction": session["transaction"], "waitS": 20});
    assert_eq!(flow.ordered(stop).await.ok()["state"], "answered");
    until("it ends", || (only(&flow.api, ID)["state"] == "ended").then_some(())).await;

    flow.server.kill();
    flow.server.restart();
    let signed = signed_of(&flow.server.api(), &session);
    assert_eq!(texts(&signed), flow.whole.signed(), "{version:?}");
    assert!(texts(&signed).iter().all(|text| text.len() > bytes));
    assert_eq!(member(&signed, "context"), ["Transaction.Begin", "Transaction.End"]);
    assert_eq!(member(&signed, "encodingMethod"), ["OCMF", "OCMF"]);
    assert_eq!(member(&signed, "signingMethod"), [&Value::Null, &Value::Null], "an empty text says nothing");
    let key = json!("b2NhOmJhc2UxNjphc24xOjMwNTk=");
    assert_eq!(member(&signed, "publicKey"), [&key, &Value::Null], "it came once");
    assert_eq!(signed["publicKey"], key);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_meter_of_16_signs_is_kept_byte_for_byte() {
    a_meter_that_signs(Version::Ocpp16, 8_192).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_meter_of_201_signs_is_kept_byte_for_byte() {
    a_meter_that_signs(Version::Ocpp201, 8_192).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_meter_of_21_signs_is_kept_byte_for_byte() {
    a_meter_that_signs(Version::Ocpp21, 0).await;
}

/// What has broken other systems: longer than a column of 255, 512 or 3,000 characters, no number, no measurand, XML with its
/// blanks and lines, half of a wrapping, brackets, quotes and letters of all sorts.
fn awkward() -> Vec<String> {
    vec![
        "OCMF|{\"FV\" : \"1.0\",\"PG\":\"T12\",\"RD\":[{\"RV\":3.500,\"RU\":\"kWh\"} ]}|{\"SD\":\"30}\\\"\"} ".to_owned(),
        format!("OCMF|{{\"RD\":[{}]}}|{{}}", "{\"RV\":1.50,\"ID\":\"Zähler 電\u{feff}\"} , ".repeat(200)),
        "<?xml version=\"1.0\"?>\r\n<signedMeterValue>\n\t<publicKey encoding=\"base64\">\n  NF3V </publicKey>\n</signedMeterValue>\n"
            .to_owned(),
        "AP;0;3;ALCV3ABBBISHMA2RYEGAZE3HV5YQBQRAEHAR2MN;BIHEIWSHAAA2W2V7OYYDCNQAAFACRC2I4ADGAETI4AAAAAQHOU;".to_owned(),
        "{\"signedMeterData\":\"half".to_owned(),
        "00af".repeat(1_000),
        " ".to_owned(),
    ]
}

fn sample16(text: &str, context: &str) -> Value {
    json!({"value": text, "format": "SignedData", "context": context})
}

/// The same session with what was signed and without, in 1.6: beside a register, alone, in the end, and once more there.
#[tokio::test(flavor = "multi_thread")]
async fn signed_values_of_16_change_neither_energy_nor_marks() {
    let server = TestServer::start().await;
    let api = server.api();
    api.accept(&["CARD-1"]);
    let (begun, ended) = (ago(30), ago(2));
    let minutes: Vec<String> = (1..=9).map(|minute| ago(20 - minute)).collect();
    let texts_sent = awkward();
    for (id, signs) in [("plain", false), ("signed", true)] {
        let mut station = Station16::boot(&server, id).await;
        let transaction = station.start(1, "CARD-1", 1_000, &begun).await;
        let mut told = Vec::new();
        for (at, text) in minutes.iter().zip(&texts_sent) {
            station.meter(1, transaction, 1_500, at).await;
            let alone = json!({"timestamp": at, "sampledValue": [sample16(text, "Sample.Periodic")]});
            if signs {
                let mut beside = station16::meter_values(1, transaction, 1_500, at);
                beside["meterValue"][0]["sampledValue"]
                    .as_array_mut()
                    .expect("a list")
                    .push(alone["sampledValue"][0].clone());
                station.wire.call("MeterValues", beside).await;
                // Without the transaction it is that of the one which runs there.
                let unnamed = json!({"connectorId": 1, "meterValue": [alone.clone()]});
                assert_eq!(station.wire.call("MeterValues", unnamed).await, json!({}));
                told.push(alone);
            }
        }
        let mut stop = station16::stop(transaction, 9_000, &ended);
        if signs {
            let wrapped =
                json!({"signedMeterData": "T0NNRnwK==", "encodingMethod": "OCMF", "publicKey": "KEY"}).to_string();
            told.push(json!({"timestamp": ended, "sampledValue": [sample16(&wrapped, "Transaction.End")]}));
            stop["transactionData"] = json!(told);
        }
        station.wire.call("StopTransaction", stop).await;
    }
    let (plain, signed) = (only(&api, "plain"), only(&api, "signed"));
    for member in ["energyWh", "marks", "total", "state", "gaps"] {
        assert_eq!(plain[member], signed[member], "{member}");
    }
    assert_eq!((&signed["energyWh"], &signed["marks"]), (&json!(8_000), &plain["marks"]));
    assert!(texts(&signed_of(&api, &plain)).is_empty());
    let shown = signed_of(&api, &signed);
    let expect: Vec<&str> = texts_sent.iter().map(String::as_str).chain(["T0NNRnwK=="]).collect();
    assert_eq!(texts(&shown), expect, "each once, though they came three times");
    assert_eq!(shown["publicKey"], "KEY");
}

/// The same in 2.0.1: the value beside it counts, its absence is no mistake, and what comes after the end is kept too.
#[tokio::test(flavor = "multi_thread")]
async fn signed_values_of_201_change_neither_energy_nor_marks() {
    let server = TestServer::start().await;
    let api = server.api();
    api.accept(&["CARD-1"]);
    let (begun, ended) = (ago(30), ago(2));
    let minutes: Vec<String> = (1..=9).map(|minute| ago(20 - minute)).collect();
    let texts_sent = awkward();
    let wrapped =
        |text: &str| json!({"signedMeterData": text, "signingMethod": "", "encodingMethod": "", "publicKey": ""});
    for (id, signs) in [("plain", false), ("signed", true)] {
        let mut station = Station201::boot(&server, id).await;
        let key = json!({"component": {"name": "FiscalMetering", "evse": {"id": 1}}, "variable": {"name": "PublicKey"},
            "variableAttribute": [{"value": "KEY-1"}], "variableCharacteristics": {"dataType": "string", "supportsMonitoring": false}});
        let report = json!({"requestId": 1, "generatedAt": ago(0), "seqNo": 0, "reportData": [key]});
        station.wire.call("NotifyReport", report).await;
        station.send(&Event::started("tx-1", "CARD-1", 1_000, &begun)).await;
        for (seq, (at, text)) in (1..).zip(minutes.iter().zip(&texts_sent)) {
            let mut event = Event::updated("tx-1", seq, 1_500, at).payload();
            if signs {
                let samples = event["meterValue"][0]["sampledValue"].as_array_mut().expect("a list");
                match seq % 3 {
                    0 => samples[0]["signedMeterValue"] = wrapped(text),
                    1 => samples.push(json!({"signedMeterValue": wrapped(text)})),
                    // Filling.
                    _ => samples
                        .push(json!({"value": 0, "context": "Sample.Periodic", "signedMeterValue": wrapped(text)})),
                }
            }
            station.wire.call("TransactionEvent", event).await;
        }
        let mut end = Event::ended("tx-1", 8, 9_000, &ended).payload();
        station.wire.call("TransactionEvent", end.clone()).await;
        if signs {
            // Told again under another id, with what was left out.
            end["meterValue"][0]["sampledValue"][0]["signedMeterValue"] = wrapped("the end");
            station.wire.call("TransactionEvent", end).await;
        }
    }
    let (plain, signed) = (only(&api, "plain"), only(&api, "signed"));
    for member in ["energyWh", "marks", "total", "state", "gaps"] {
        assert_eq!(plain[member], signed[member], "{member}");
    }
    assert_eq!(signed["energyWh"], 8_000);
    let shown = signed_of(&api, &signed);
    let expect: Vec<&str> = texts_sent.iter().map(String::as_str).chain(["the end"]).collect();
    assert_eq!(texts(&shown), expect);
    assert_eq!(shown["publicKey"], "KEY-1", "the device model has it");
}

/// A queue may bring what was signed before the start, and one that is too long is said to be.
#[tokio::test(flavor = "multi_thread")]
async fn what_comes_before_its_start_stands_with_its_session() {
    let server = TestServer::start().await;
    let api = server.api();
    api.accept(&["CARD-1"]);
    let mut station = Station201::boot(&server, ID).await;
    let (begun, later) = (ago(30), ago(20));
    let mut event = Event::updated("tx-1", 1, 1_500, &later).payload();
    event["meterValue"][0]["sampledValue"][0]["signedMeterValue"] =
        json!({"signedMeterData": "early", "encodingMethod": "EDL"});
    station.wire.call("TransactionEvent", event).await;
    let mut event = Event::started("tx-1", "CARD-1", 1_000, &begun).payload();
    event["meterValue"][0]["sampledValue"][0]["signedMeterValue"] = json!({"signedMeterData": "begin"});
    station.wire.call("TransactionEvent", event).await;
    let mut event = Event::updated("tx-1", 2, 1_600, &ago(10)).payload();
    event["meterValue"][0]["sampledValue"][0]["signedMeterValue"] = json!({"signedMeterData": "A".repeat(65_537)});
    station.wire.call("TransactionEvent", event).await;
    let session = only(&api, ID);
    assert!(session["marks"].to_string().contains("signed-value-too-long"), "{session}");
    assert_eq!(texts(&signed_of(&api, &session)), ["begin", "early"]);
}
