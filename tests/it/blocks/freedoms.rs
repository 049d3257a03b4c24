//! What the standard lets a station leave out, say in another place, or say besides: nothing of it may cost money or a session.

use amprule_tests::station201::{self, Event, Station201};
use amprule_tests::{Setup, TestServer, Wire, ago, station16, units};
use serde_json::{Value, json};

use super::ID;

async fn station(server: &TestServer, protocol: &str) -> Wire {
    let mut wire = server.station(ID, protocol).await;
    wire.call("BootNotification", station201::boot()).await;
    wire
}

/// The only session, with its course.
fn only(server: &TestServer) -> Value {
    let api = server.api();
    let sessions = api.sessions(ID);
    assert_eq!(sessions.len(), 1, "{sessions:?}");
    api.get(&format!("/api/v1/sessions/{}", sessions[0]["id"].as_str().expect("an id"))).ok()
}

/// Minutes in this state, rounded.
fn minutes(session: &Value, state: &str) -> i64 {
    let of = |period: &&Value| period["state"] == state;
    let at = |period: &Value, member: &str| {
        let at: jiff::Timestamp = period[member].as_str().and_then(|at| at.parse().ok()).expect("a time");
        at.as_second()
    };
    let periods = session["periods"].as_array().expect("its course").iter().filter(of);
    periods.map(|period| at(period, "endedAt") - at(period, "startedAt")).sum::<i64>().saturating_add(30) / 60
}

/// OCPP 2.0.1, E01: with a TxStartPoint before the plug nothing is charging yet, and chargingState is told when it changes.
#[tokio::test(flavor = "multi_thread")]
async fn a_start_without_a_state_is_not_one_of_charging() {
    let untold = |event: Event<'_>| {
        let mut payload = event.payload();
        payload["transactionInfo"].as_object_mut().expect("an object").remove("chargingState");
        payload
    };
    let (begun, plugged, flowing, over) = (ago(60), ago(40), ago(10), ago(0));
    let started = || untold(Event::started("t", "AA1", 1_000, &begun));
    let updated = |seq, wh, at| Event::updated("t", seq, wh, at).payload();
    let cases: [(&str, Vec<Value>, i64); 4] = [
        (
            "it parks, plugs in and charges",
            vec![
                started(),
                Event::updated("t", 1, 1_000, &plugged).charging("EVConnected").payload(),
                updated(2, 1_000, &flowing),
                Event::ended("t", 3, 3_000, &over).payload(),
            ],
            10,
        ),
        (
            "the first state that it tells is that of charging",
            vec![started(), updated(1, 1_000, &plugged), Event::ended("t", 2, 6_000, &over).payload()],
            40,
        ),
        (
            "it charged all the time",
            vec![started(), updated(1, 4_000, &plugged), Event::ended("t", 2, 9_000, &over).payload()],
            60,
        ),
        ("nobody ever plugged in", vec![started(), untold(Event::ended("t", 1, 1_000, &over))], 0),
    ];
    for (what, events, charging) in cases {
        let server = Setup::default().tariff("0.40").start().await;
        server.api().accept(&["AA1"]);
        let mut wire = station(&server, "ocpp2.0.1").await;
        for event in events {
            wire.call("TransactionEvent", event).await;
        }
        let session = only(&server);
        assert_eq!(minutes(&session, "charging"), charging, "{what}: {session}");
        assert_eq!(minutes(&session, "charging") + minutes(&session, "idle"), 60, "{what}: {session}");
    }
}

/// TxStopPoint ParkingBayOccupancy: the plug is out and the place free before the car has left. Nobody has to look.
#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_may_end_after_its_place_is_free() {
    let server = Setup::default().tariff("0.40").start().await;
    server.api().accept(&["AA1"]);
    let mut station = Station201::boot(&server, ID).await;
    station.send(&Event::started("t", "AA1", 1_000, &ago(30))).await;
    station.send(&Event::updated("t", 1, 9_000, &ago(10)).charging("Idle")).await;
    let free = json!({"evseId": 1, "connectorId": 1, "connectorStatus": "Available", "timestamp": ago(8)});
    station.wire.call("StatusNotification", free).await;
    station.send(&Event::ended("t", 2, 9_000, &ago(3))).await;
    let session = only(&server);
    assert_eq!((&session["state"], &session["marks"]), (&json!("ended"), &json!([])), "{session}");
}

/// OCPP 2.1, C18: who pays at the terminal is let in by the station, under a name that nobody has entered.
#[tokio::test(flavor = "multi_thread")]
async fn who_pays_at_the_station_may_charge_there() {
    for (config, status) in [("", "Accepted"), ("[stations]\naccept_direct_payment = false\n", "Unknown")] {
        let server = Setup::default().tariff("0.40").config(config).start().await;
        let mut wire = station(&server, "ocpp2.1").await;
        let mut event = Event::started("t", "", 0, &ago(5)).payload();
        let reference = "p".repeat(120);
        let card = json!([{"additionalIdToken": "1234", "type": "CardLast4Digits"}, {"type": "nothing"}, "none"]);
        event["idToken"] = json!({"idToken": reference, "type": "DirectPayment", "additionalInfo": card});
        event["transactionInfo"]["transactionLimit"] = json!({"maxCost": 50});
        let answer = wire.call("TransactionEvent", event).await;
        assert_eq!(answer["idTokenInfo"]["status"], status, "{answer}");
        let mut raised = Event::updated("t", 1, 500, &ago(1)).payload();
        raised["transactionInfo"]["transactionLimit"] = json!({"maxCost": 80.5, "maxTime": 3_600, "maxEnergy": "far"});
        wire.call("TransactionEvent", raised).await;
        let session = only(&server);
        let limit = json!({"maxCost": "80.5", "maxEnergy": null, "maxTimeS": 3_600});
        assert_eq!(session["stationMoney"]["limit"], limit, "{session}");
        assert_eq!(session["idToken"]["idToken"], reference, "2.1 has room for 255 characters");
        let told = json!([{"additionalIdToken": "1234", "type": "CardLast4Digits"}]);
        assert_eq!(session["idToken"]["additionalInfo"], told, "{session}");
        assert!(!session["marks"].to_string().contains("text-too-long"), "{session}");
    }
}

/// OCPP 2.1, C17: who has no credit may have some in a minute, and is not to be remembered as refused.
#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_may_say_how_long_it_stands() {
    let policy =
        "fn authorize(request) {\n    let answer = reject(\"NoCredit\");\n    answer.cache_s = 0;\n    answer\n}\n";
    let setup = Setup::default()
        .file("scripts/policy/plugin.toml", units::manifest("policy", "1.0.0", "authorization"))
        .file("scripts/policy/main.rhai", policy);
    let server = setup.start().await;
    let mut wire = station(&server, "ocpp2.1").await;
    let answer = wire.call("Authorize", json!({"idToken": {"idToken": "AA1", "type": "ISO14443"}})).await;
    assert_eq!(answer["idTokenInfo"]["status"], "NoCredit", "{answer}");
    assert!(answer["idTokenInfo"]["cacheExpiryDateTime"].is_string(), "{answer}");
}

/// OCPP 1.6, 6.47: for most vendors that is the only diagnosis.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_vendor_says_of_a_fault_is_shown() {
    let server = TestServer::start().await;
    let mut wire = server.station(ID, "ocpp1.6").await;
    wire.call("BootNotification", station16::boot()).await;
    let fault = json!({
        "connectorId": 1, "errorCode": "OtherError", "status": "Faulted", "vendorErrorCode": "E-412",
        "info": "RCD has tripped", "vendorId": "com.example",
    });
    let healthy = json!({"connectorId": 2, "errorCode": "NoError", "status": "Available", "info": ""});
    for status in [fault, healthy] {
        wire.call("StatusNotification", status).await;
    }
    let shown = server.api().get(&format!("/api/v1/stations/{ID}")).ok();
    let words = |at: usize| {
        let of = &shown["connectors"][at];
        ["error", "vendorErrorCode", "info", "vendorId"].map(|member| of[member].clone())
    };
    assert_eq!(words(0), ["OtherError", "E-412", "RCD has tripped", "com.example"].map(Value::from), "{shown}");
    assert_eq!(words(1), [Value::Null, Value::Null, Value::Null, Value::Null], "{shown}");
}

/// OCPP 2.1 part 2, appendix 1; the security whitepaper for 1.6.
#[tokio::test(flavor = "multi_thread")]
async fn critical_events_are_called_critical() {
    let server = TestServer::start().await;
    let mut wire = station(&server, "ocpp2.1").await;
    let cases = [
        ("InvalidFirmwareSignature", true),
        ("InvalidTLSVersion", true),
        ("InvalidCentralSystemCertificate", true),
        ("SettingSystemTime", true),
        ("FailedToAuthenticateAtCsms", false),
    ];
    for (event, _) in cases {
        wire.call("SecurityEventNotification", json!({"type": event, "timestamp": ago(1)})).await;
    }
    let kept = server.api().get(&format!("/api/v1/stations/{ID}/security-events")).ok();
    for (event, is_critical) in cases {
        let all = kept["items"].as_array().expect("a list");
        let one = all.iter().find(|one| one["event"] == event).unwrap_or_else(|| panic!("{event} in {kept}"));
        assert_eq!(one["critical"], is_critical, "{event}");
    }
}

/// Some boot again with an empty message. Who built it, and what is made of that, is not forgotten.
#[tokio::test(flavor = "multi_thread")]
async fn a_boot_that_says_nothing_forgets_nothing() {
    let cases = [
        ("ocpp1.6", station16::boot(), json!({}), json!({"chargePointModel": "Two"})),
        (
            "ocpp2.0.1",
            station201::boot(),
            json!({"reason": "PowerUp"}),
            json!({"reason": "PowerUp", "chargingStation": {"model": "Two"}}),
        ),
    ];
    for (protocol, whole, empty, half) in cases {
        let server = TestServer::start().await;
        let mut wire = server.station(ID, protocol).await;
        let mut is = Vec::new();
        for boot in [whole, empty, half] {
            assert_eq!(wire.call("BootNotification", boot).await["status"], "Accepted");
            let station = server.api().get(&format!("/api/v1/stations/{ID}")).ok();
            is.push((station["vendor"].clone(), station["model"].clone()));
        }
        let (vendor, model) = is[0].clone();
        assert!(vendor != "" && model != "" && model != "Two", "{is:?}");
        let expect = [(vendor.clone(), model.clone()), (vendor.clone(), model), (vendor, json!("Two"))];
        assert_eq!(is, expect, "{protocol}");
    }
}

/// Some print what a card has as it is, the zeros that fill it up too. It is no JSON, and a bill all the same.
#[tokio::test(flavor = "multi_thread")]
async fn control_characters_within_a_text_cost_no_bill() {
    let server = Setup::default().tariff("0.40").start().await;
    server.api().accept(&["AA1"]);
    let mut wire = server.station(ID, "ocpp1.6").await;
    wire.call("BootNotification", station16::boot()).await;
    let started = wire.call("StartTransaction", station16::start(1, "AA1", 1_000, &ago(30))).await;
    let (transaction, stopped) = (&started["transactionId"], ago(0));
    let stop = format!(
        "[2,\"s\",\"StopTransaction\",{{\"transactionId\":{transaction},\"idTag\":\"AA1\0\0\",\"meterStop\":6000,\
         \"timestamp\":\"{stopped}\",\"transactionData\":[],\"note\":\"one\ntwo\"}}]\0"
    );
    wire.send(&stop).await;
    let answer = wire.frame().await.expect("the connection lives");
    assert_eq!((&answer[0], &answer[1]), (&json!(3), &json!("s")), "{answer}");
    let session = only(&server);
    assert_eq!((&session["state"], &session["energyWh"]), (&json!("ended"), &json!(5_000)), "{session}");
    assert!(session["marks"].to_string().contains("json-repaired"), "{session}");
    assert!(!session["marks"].to_string().contains("stopped-by-stranger"), "{session}");
}
