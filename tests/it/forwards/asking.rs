//! What a second backend may ask of a station, and what becomes of the rest.

use amprule_simulator::{SimStation, StationSettings, Version};
use amprule_tests::station16::Station16;
use amprule_tests::{Setup, ago, until};
use serde_json::{Value, json};

use super::backend::{Backend, FIRST_NUMBER, Mood};
use super::{line, until_state};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_allowed_reaches_the_station_and_we_know_of_it() {
    let backend = Backend::start(Mood::Answers).await;
    let forward = backend
        .forward("allow = [\"SetChargingProfile\", \"ChangeConfiguration\", \"GetConfiguration\", \"TriggerMessage\"]");
    let server = Setup::default().config(&forward).start().await;
    let settings = StationSettings::new(&server.ocpp, "cs-1", Version::Ocpp16);
    let (station, whole) = SimStation::connect_whole(settings).await.expect("the station connects");
    station.boot().await.expect("the station boots");
    until_state(&server, "cs-1", "connected").await;

    let profile = json!({"connectorId": 1, "csChargingProfiles": {
        "chargingProfileId": 7, "stackLevel": 1, "chargingProfilePurpose": "TxDefaultProfile", "chargingProfileKind": "Absolute",
        "chargingSchedule": {"startSchedule": ago(1), "chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 10.0}]},
    }});
    let answer = backend.ask("p-1", "SetChargingProfile", profile).await;
    assert_eq!(answer, json!([3, "p-1", {"status": "Accepted"}]));
    assert_eq!(whole.profiles().len(), 1);
    let held = server.api().all("/api/v1/stations/cs-1/profiles");
    assert_eq!(held[0]["profile"]["id"], 7, "what it has set is known here too: {held:?}");

    let trigger = json!({"requestedMessage": "StatusNotification", "connectorId": 1});
    assert_eq!(backend.ask("t-1", "TriggerMessage", trigger).await[2]["status"], "Accepted");
    backend.until_told("StatusNotification").await;

    let set = |key: &str, value: &str| json!({"key": key, "value": value});
    let answer = backend.ask("c-1", "ChangeConfiguration", set("HeartbeatInterval", "60")).await;
    assert_eq!(answer[2]["status"], "Accepted");
    let before = whole.requests().len();
    let code = |answer: Value| answer[2].as_str().expect("a code").to_owned();
    assert_eq!(
        code(
            backend
                .ask("c-2", "ChangeConfiguration", set("AuthorizationKey", "00112233445566778899aabbccddeeff"))
                .await
        ),
        "SecurityError"
    );
    assert_eq!(code(backend.ask("r-1", "Reset", json!({"type": "Hard"})).await), "NotSupported");
    assert_eq!(code(backend.ask("x-1", "ResetEverything", json!({})).await), "NotImplemented");
    assert_eq!(
        code(backend.ask("p-2", "SetChargingProfile", json!({"connectorId": 1})).await),
        "PropertyConstraintViolation"
    );
    assert_eq!(whole.requests().len(), before, "the station has heard none of them");
    let counts = &line(&server, "cs-1")["counts"];
    assert_eq!((&counts["calls"], &counts["callsRefused"]), (&3.into(), &4.into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_is_stopped_by_the_number_that_the_second_gave() {
    let backend = Backend::start(Mood::Answers).await;
    let server = Setup::default().config(&backend.forward("allow = [\"RemoteStopTransaction\"]")).start().await;
    server.api().accept(&["CARD-1"]);
    let mut station = Station16::boot(&server, "cs-1").await;
    let ours = station.start(1, "CARD-1", 0, &ago(30)).await;
    backend.until_told("StartTransaction").await;
    until("it has its number", || (line(&server, "cs-1")["waiting"] == 0).then_some(())).await;
    let unknown = backend.ask("s-0", "RemoteStopTransaction", json!({"transactionId": ours})).await;
    assert_eq!(unknown, json!([3, "s-0", {"status": "Rejected"}]), "our number is none of its numbers");
    backend.say(json!([2, "s-1", "RemoteStopTransaction", {"transactionId": FIRST_NUMBER}]));
    let (id, action, payload) = station.wire.next_call().await;
    assert_eq!((&*action, &payload), ("RemoteStopTransaction", &json!({"transactionId": ours})));
    assert_ne!(id, "s-1", "on our wire it has an id of ours");
    station.wire.reply(&id, json!({"status": "Accepted"})).await;
    let answer = backend.answer_to("s-1").await;
    assert_eq!(answer, json!([3, "s-1", {"status": "Accepted"}]));
}

/// An answer that takes its time keeps nobody else waiting.
#[tokio::test(flavor = "multi_thread")]
async fn a_station_that_thinks_goes_on_being_heard() {
    let backend = Backend::start(Mood::Answers).await;
    let server =
        Setup::default().config(&backend.forward("allow = [\"ClearCache\"]\ncalls_per_minute = 600")).start().await;
    let mut station = Station16::boot(&server, "cs-1").await;
    until_state(&server, "cs-1", "connected").await;
    for n in 0..20 {
        backend.say(json!([2, format!("c-{n}"), "ClearCache", {}]));
    }
    let (first, ..) = station.wire.next_call().await;
    let refused = backend.answer_to("c-19").await;
    assert_eq!(refused[2], "GenericError", "more than wait at once: {refused}");
    let said = json!({"connectorId": 1, "errorCode": "NoError", "status": "Available", "timestamp": ago(1)});
    station.wire.call("StatusNotification", said).await;
    backend.until_told("StatusNotification").await;
    station.wire.reply(&first, json!({"status": "Accepted"})).await;
    assert_eq!(backend.answer_to("c-0").await[2]["status"], "Accepted");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_careless_station_tells_the_second_no_password() {
    let backend = Backend::start(Mood::Answers).await;
    let server = Setup::default().config(&backend.forward("allow = [\"GetConfiguration\"]")).start().await;
    let mut station = Station16::boot(&server, "cs-1").await;
    until_state(&server, "cs-1", "connected").await;
    backend.say(json!([2, "g-1", "GetConfiguration", {}]));
    let (id, ..) = station.wire.next_call().await;
    let key = |key: &str, value: &str| json!({"key": key, "readonly": false, "value": value});
    station
        .wire
        .reply(&id, json!({"configurationKey": [key("AuthorizationKey", "hidden-8"), key("HeartbeatInterval", "60")]}))
        .await;
    let answer = backend.answer_to("g-1").await;
    assert_eq!(answer[2]["configurationKey"][0]["value"], "***");
    assert_eq!(answer[2]["configurationKey"][1]["value"], "60");
}
