//! Whatever the server sends follows the official schemas, to the letter.

use amprule_tests::schemas::Schemas;
use amprule_tests::station16::{self, Station16};
use amprule_tests::station201::{self, Event, Station201};
use amprule_tests::{Setup, TestServer, Wire, ago};
use serde_json::{Value, json};

/// Sends and checks: our sentences against the request's schema, the server's against the response's.
async fn converse(wire: &mut Wire, schemas: &mut Schemas, calls: Vec<(&str, Value)>) {
    for (action, payload) in calls {
        schemas.check_call(action, &payload);
        let answer = wire.call(action, payload).await;
        schemas.check_result(action, &answer);
    }
}

async fn server() -> TestServer {
    let server = Setup::default().tariff("0.40").start().await;
    let api = server.api();
    api.accept(&["CARD-1"]);
    let member =
        json!({"type": "ISO14443", "status": "accepted", "group": "FLEET", "expiresAt": "2099-01-01T00:00:00Z"});
    api.put("/api/v1/tokens/CARD-2", &member).ok();
    api.put("/api/v1/tokens/CARD-3", &json!({"type": "ISO14443", "status": "blocked"})).ok();
    server
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_in_1_6_follows_its_schema() {
    let server = server().await;
    let mut schemas = Schemas::of("v16");
    let mut station = Station16::connect(&server, "cs-16").await;
    let status = json!({"connectorId": 1, "errorCode": "NoError", "status": "Available", "timestamp": ago(9)});
    let mut calls = vec![
        ("BootNotification", station16::boot()),
        ("Heartbeat", json!({})),
        ("StatusNotification", status),
        ("DataTransfer", json!({"vendorId": "com.example", "messageId": "x", "data": "y"})),
        ("StopTransaction", station16::stop(4_711, 10, &ago(5))),
    ];
    for token in ["CARD-1", "CARD-2", "CARD-3", "NOBODY"] {
        calls.push(("Authorize", json!({"idTag": token})));
    }
    converse(&mut station.wire, &mut schemas, calls).await;
    for token in ["CARD-2", "CARD-3"] {
        let answer = station.wire.call("StartTransaction", station16::start(1, token, 0, &ago(8))).await;
        schemas.check_result("StartTransaction", &answer);
        let transaction = answer["transactionId"].as_i64().expect("a number");
        let mut stop = station16::stop(transaction, 500, &ago(1));
        stop["idTag"] = json!(token);
        let calls =
            vec![("MeterValues", station16::meter_values(1, transaction, 200, &ago(4))), ("StopTransaction", stop)];
        converse(&mut station.wire, &mut schemas, calls).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_in_2_0_1_follows_its_schema() {
    let server = server().await;
    let mut schemas = Schemas::of("v201");
    let mut station = Station201::connect(&server, "cs-201").await;
    let status = json!({"timestamp": ago(9), "connectorStatus": "Available", "evseId": 1, "connectorId": 1});
    let meter = Event::updated("t-1", 1, 10, &ago(4)).payload()["meterValue"].clone();
    let mut calls = vec![
        ("BootNotification", station201::boot()),
        ("Heartbeat", json!({})),
        ("StatusNotification", status),
        ("DataTransfer", json!({"vendorId": "com.example"})),
        ("MeterValues", json!({"evseId": 1, "meterValue": meter})),
        ("NotifyReport", json!({"requestId": 1, "generatedAt": ago(9), "seqNo": 0})),
    ];
    for token in ["CARD-1", "CARD-2", "CARD-3", "NOBODY"] {
        calls.push(("Authorize", json!({"idToken": {"idToken": token, "type": "ISO14443"}})));
    }
    let (begin, middle, end) = (ago(8), ago(4), ago(1));
    for (transaction, token) in [("t-1", "CARD-2"), ("t-2", "CARD-3")] {
        calls.push(("TransactionEvent", Event::started(transaction, token, 0, &begin).payload()));
        calls.push(("TransactionEvent", Event::updated(transaction, 1, 3_333, &middle).payload()));
        calls.push(("TransactionEvent", Event::ended(transaction, 2, 6_667, &end).payload()));
    }
    calls.push(("TransactionEvent", Event::updated("never-begun", 7, 10, &end).payload()));
    converse(&mut station.wire, &mut schemas, calls).await;
}

/// The names in an object, and in those within it, in the order in which they are written.
fn names(json: &str) -> Vec<&str> {
    let quoted: Vec<(usize, &str)> = json.match_indices('"').collect();
    let texts = quoted.chunks(2).map(|pair| (&json[pair[0].0 + 1..pair[1].0], &json[pair[1].0 + 1..]));
    texts.filter(|(_, rest)| rest.starts_with(':')).map(|(name, _)| name).collect()
}

/// Some stations parse by hand: members stand in the order of the standard's tables.
#[tokio::test(flavor = "multi_thread")]
async fn members_of_an_answer_stand_in_the_standards_order() {
    let server = server().await;
    let mut station = Station16::connect(&server, "cs-16").await;
    let cases = [
        ("BootNotification", station16::boot(), &["currentTime", "interval", "status"][..]),
        ("Heartbeat", json!({}), &["currentTime"]),
        ("Authorize", json!({"idTag": "CARD-2"}), &["idTagInfo", "expiryDate", "parentIdTag", "status"]),
        (
            "StartTransaction",
            station16::start(1, "CARD-2", 0, &ago(8)),
            &["idTagInfo", "expiryDate", "parentIdTag", "status", "transactionId"],
        ),
    ];
    for (action, payload, order) in cases {
        let answer = station.wire.call_raw(action, payload).await;
        assert_eq!(names(&answer), order, "{action}: {answer}");
    }
    let mut station = Station201::connect(&server, "cs-201").await;
    let token = json!({"idToken": {"idToken": "CARD-2", "type": "ISO14443"}});
    let mut ended = Event::ended("t-1", 1, 5_000, &ago(1)).payload();
    ended["idToken"] = token["idToken"].clone();
    let group = ["idTokenInfo", "status", "cacheExpiryDateTime", "groupIdToken", "idToken", "type"];
    let cases = [
        ("BootNotification", station201::boot(), vec!["currentTime", "interval", "status"]),
        ("Authorize", token, group.to_vec()),
        ("TransactionEvent", Event::started("t-1", "CARD-2", 0, &ago(8)).payload(), group.to_vec()),
        ("TransactionEvent", ended, [&["totalCost"], &group[..]].concat()),
    ];
    for (action, payload, order) in cases {
        let answer = station.wire.call_raw(action, payload).await;
        assert_eq!(names(&answer), order, "{action}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_api_sends_to_a_station_follows_the_requests_schema() {
    let server = server().await;
    let mut schemas = Schemas::of("v16");
    let mut station = Station16::boot(&server, "cs-16").await;
    let cases = [
        ("RemoteStartTransaction", json!({"idTag": "CARD-1", "connectorId": 1}), json!({"status": "Accepted"})),
        ("Reset", json!({"type": "Soft"}), json!({"status": "Rejected"})),
        ("GetConfiguration", json!({}), json!({})),
        ("ChangeAvailability", json!({"connectorId": 0, "type": "Inoperative"}), json!({"status": "Scheduled"})),
    ];
    for (action, payload, reply) in cases {
        let (api, path) = (server.api(), format!("/api/v1/stations/cs-16/calls/{action}"));
        let asked = tokio::task::spawn_blocking(move || api.post(&path, &payload));
        let (id, named, sent) = station.wire.next_call().await;
        assert_eq!(named, action);
        schemas.check_call(action, &sent);
        station.wire.reply(&id, reply.clone()).await;
        assert_eq!(asked.await.expect("the API answers").ok()["payload"], reply);
    }
}
