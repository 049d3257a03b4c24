//! Blocks B11 and B12: a reset says whether it happened.

use amprule_simulator::Version;
use amprule_tests::{TestServer, station16, station201, until};
use serde_json::{Value, json};

use super::Flow;

fn command(api: &amprule_tests::Management, id: &Value) -> Value {
    api.get(&format!("/api/v1/commands/{}", id.as_str().expect("an id"))).ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_knows_that_the_station_has_started_anew() {
    for version in [Version::Ocpp16, Version::Ocpp201, Version::Ocpp21] {
        let flow = Flow::of(version).await;
        let ordered = flow.ordered(json!({"command": "reset", "immediately": true, "waitS": 20})).await.ok();
        assert_eq!(ordered["state"], "answered", "{ordered}");
        let over = until("it is back", || {
            Some(command(&flow.api, &ordered["id"])).filter(|command| command["happened"] == true)
        })
        .await;
        assert!(over["restartedAt"].as_str() >= over["endedAt"].as_str(), "{over}");
    }
}

/// It says that it will, and goes on; a reset of one EVSE has nothing to come back from.
#[tokio::test(flavor = "multi_thread")]
async fn a_reset_that_is_refused_or_scheduled_or_of_an_evse_waits_for_what_it_should() {
    let server = TestServer::start().await;
    let api = server.api();
    let mut wire = server.station("cs-1", "ocpp2.0.1").await;
    wire.call("BootNotification", station201::boot()).await;
    let order = |body: Value| api.post("/api/v1/stations/cs-1/commands", &body).ok()["id"].clone();
    let mut reset = async |body: Value, status: &str| {
        let id = order(body);
        let (call, action, _) = wire.next_call().await;
        assert_eq!(action, "Reset");
        wire.reply(&call, json!({"status": status})).await;
        let over = until("it is answered", || Some(command(&api, &id)).filter(|c| c["state"] == "answered")).await;
        (id, over["happened"].clone())
    };
    let (refused, _) = reset(json!({"command": "reset"}), "Rejected").await;
    let (of_evse, _) = reset(json!({"command": "reset", "evse": 1}), "Accepted").await;
    let (scheduled, happened) = reset(json!({"command": "reset"}), "Scheduled").await;
    assert_eq!(happened, json!(null));
    // Another connection is no restart while it waits for a car.
    wire.close().await;
    let mut wire = server.station("cs-1", "ocpp2.0.1").await;
    wire.call("Heartbeat", json!({})).await;
    assert_eq!(command(&api, &scheduled)["happened"], json!(null));
    wire.call("BootNotification", station201::boot()).await;
    until("it has booted", || (command(&api, &scheduled)["happened"] == true).then_some(())).await;
    for other in [refused, of_evse] {
        assert_eq!(command(&api, &other)["happened"], json!(null));
    }
}

/// Some start anew before they have answered.
#[tokio::test(flavor = "multi_thread")]
async fn a_reset_whose_answer_was_lost_has_happened_once_the_station_boots() {
    let server = TestServer::start().await;
    let api = server.api();
    for (version, boot) in [("ocpp1.6", station16::boot()), ("ocpp2.0.1", station201::boot())] {
        let mut wire = server.station(version, version).await;
        wire.call("BootNotification", boot.clone()).await;
        let order = json!({"command": "reset", "immediately": true});
        let id = api.post(&format!("/api/v1/stations/{version}/commands"), &order).ok()["id"].clone();
        let (_, action, _) = wire.next_call().await;
        assert_eq!(action, "Reset");
        wire.close().await;
        until("it is not awaited any more", || (command(&api, &id)["state"] == "timed-out").then_some(())).await;
        let mut wire = server.station(version, version).await;
        wire.call("Heartbeat", json!({})).await;
        assert_eq!(command(&api, &id)["happened"], json!(null), "the connection alone may have been lost");
        wire.call("BootNotification", boot).await;
        let over = until("it has booted", || Some(command(&api, &id)).filter(|c| c["happened"] == true)).await;
        assert!(over["restartedAt"].as_str() >= over["endedAt"].as_str(), "{over}");
    }
}
