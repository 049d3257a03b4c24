//! Stations that wait to be accepted, in each version.

use amprule_tests::station201::{Event, Station201, boot};
use amprule_tests::{Management, Setup, TestServer, Wire, ago};
use serde_json::{Value, json};

fn put(api: &Management, provisioning: &str) {
    api.put("/api/v1/stations/cs-1", &json!({"provisioning": provisioning})).ok();
}

async fn pending_station(server: &TestServer) -> Wire {
    put(&server.api(), "pending");
    let mut wire = Station201::connect(server, "cs-1").await.wire;
    assert_eq!(wire.call("BootNotification", boot()).await["status"], "Pending");
    wire
}

/// An operator's command, which the station accepts.
async fn command(api: &Management, wire: &mut Wire, action: &'static str, payload: Value) {
    let api = api.clone();
    let path = format!("/api/v1/stations/cs-1/calls/{action}");
    let asked = tokio::task::spawn_blocking(move || api.post(&path, &payload).ok());
    let (id, ..) = wire.next_call().await;
    wire.reply(&id, json!({"status": "Accepted"})).await;
    asked.await.expect("the command is answered");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pending_station_says_only_what_it_is_asked_for() {
    let server = TestServer::start().await;
    let api = server.api();
    let mut wire = pending_station(&server).await;
    let report = json!({"requestId": 1, "generatedAt": ago(0), "seqNo": 0});
    assert_eq!(wire.request("Heartbeat", json!({})).await.code(), "SecurityError");
    assert_eq!(wire.request("NotifyReport", report.clone()).await.code(), "SecurityError");
    let start = Event::started("t-1", "CARD-1", 0, &ago(1)).payload();
    assert_eq!(wire.request("TransactionEvent", start.clone()).await.code(), "SecurityError");

    command(&api, &mut wire, "TriggerMessage", json!({"requestedMessage": "Heartbeat"})).await;
    command(&api, &mut wire, "GetBaseReport", json!({"requestId": 1, "reportBase": "FullInventory"})).await;
    wire.call("Heartbeat", json!({})).await;
    wire.call("NotifyReport", report).await;
    assert_eq!(wire.request("TransactionEvent", start.clone()).await.code(), "SecurityError");

    put(&api, "accepted");
    wire.call("TransactionEvent", start).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pending_station_may_say_all_where_the_operator_is_lenient() {
    let server = Setup::default().config("[stations]\npending = \"lenient\"\n").start().await;
    let mut wire = pending_station(&server).await;
    wire.call("Heartbeat", json!({})).await;
    let answer = wire.call("TransactionEvent", Event::started("t-1", "CARD-1", 0, &ago(1)).payload()).await;
    assert_eq!(answer["idTokenInfo"]["status"], "Invalid", "it may not start all the same");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pending_station_of_the_older_version_may_say_all() {
    let server = TestServer::start().await;
    put(&server.api(), "pending");
    let mut wire = server.station("cs-1", "ocpp1.6").await;
    let boot = amprule_tests::station16::boot();
    assert_eq!(wire.call("BootNotification", boot).await["status"], "Pending");
    wire.call("Heartbeat", json!({})).await;
}
