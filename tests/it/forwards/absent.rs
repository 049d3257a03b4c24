//! A second backend that is away, and comes back.

use amprule_tests::station16::Station16;
use amprule_tests::station201::{Event, Station201};
use amprule_tests::{Setup, ago, until};
use serde_json::json;

use super::backend::{Backend, FIRST_NUMBER, Mood};
use super::{until_line, until_state};

#[tokio::test(flavor = "multi_thread")]
async fn who_was_away_hears_the_session_after_it() {
    let backend = Backend::start(Mood::Away).await;
    let server = Setup::default().config(&backend.forward("")).start().await;
    server.api().accept(&["CARD-1"]);
    let mut station = Station16::boot(&server, "cs-1").await;
    for status in ["Preparing", "Charging", "Finishing", "Available"] {
        let said = json!({"connectorId": 1, "errorCode": "NoError", "status": status, "timestamp": ago(30)});
        station.wire.call("StatusNotification", said).await;
    }
    station.wire.call("Authorize", json!({"idTag": "CARD-1"})).await;
    let number = station.start(1, "CARD-1", 0, &ago(30)).await;
    station.meter(1, number, 2_000, &ago(20)).await;
    station.stop(number, 5_000, &ago(10)).await;
    let line = until_line(&server, "cs-1", "waits", |line| line["waiting"] == 3).await;
    assert_eq!(line["counts"]["missed"], 1, "nobody asks whether a card may charge after it has");
    until_state(&server, "cs-1", "retrying").await;
    backend.is(Mood::Answers);
    backend.until_told("StopTransaction").await;
    let actions = ["BootNotification", "StatusNotification", "StartTransaction", "MeterValues", "StopTransaction"];
    assert_eq!(backend.actions(), actions);
    assert_eq!(backend.told_of("StatusNotification")[0].payload["status"], "Available", "the latest alone");
    for action in ["MeterValues", "StopTransaction"] {
        assert_eq!(backend.told_of(action)[0].payload["transactionId"], FIRST_NUMBER, "{action}");
    }
    until_line(&server, "cs-1", "has nothing left", |line| line["waiting"] == 0).await;
}

/// The number that the backend gave, and what it has not heard, are on disk.
#[tokio::test(flavor = "multi_thread")]
async fn what_waits_outlives_a_power_cut() {
    let backend = Backend::start(Mood::Answers).await;
    let mut server = Setup::default().config(&backend.forward("")).start().await;
    server.api().accept(&["CARD-1"]);
    let mut station = Station16::boot(&server, "cs-1").await;
    let number = station.start(1, "CARD-1", 0, &ago(30)).await;
    until_line(&server, "cs-1", "has told the start", |line| {
        line["counts"]["heard"].as_u64() >= Some(1) && line["waiting"] == 0
    })
    .await;
    backend.is(Mood::Away);
    until_state(&server, "cs-1", "retrying").await;
    station.meter(1, number, 2_000, &ago(20)).await;
    station.stop(number, 5_000, &ago(10)).await;
    until_line(&server, "cs-1", "waits", |line| line["waiting"] == 2).await;
    server.kill();
    backend.is(Mood::Answers);
    server.restart();
    // The station does not come back.
    let stop = backend.until_told("StopTransaction").await;
    assert_eq!((&stop.payload["transactionId"], &stop.payload["meterStop"]), (&FIRST_NUMBER.into(), &5_000.into()));
    assert_eq!(
        backend.told_of("BootNotification").len(),
        1,
        "it was accepted before: nothing says that it started anew"
    );
    until_line(&server, "cs-1", "has nothing left", |line| line["waiting"] == 0).await;
    until_state(&server, "cs-1", "away").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_not_accepted_the_station_is_told_nothing_else() {
    let backend = Backend::start(Mood::Pending).await;
    let server = Setup::default().config(&backend.forward("")).start().await;
    server.api().accept(&["CARD-1"]);
    let mut station = Station201::boot(&server, "cs-1").await;
    station.send(&Event::started("t-1", "CARD-1", 0, &ago(30))).await;
    station.send(&Event::ended("t-1", 1, 9_000, &ago(10))).await;
    until_state(&server, "cs-1", "pending").await;
    until("it is introduced again", || (backend.told_of("BootNotification").len() >= 2).then_some(())).await;
    assert!(backend.told().iter().all(|told| told.action == "BootNotification"), "{:?}", backend.actions());
    backend.accepts();
    let events =
        until("it hears the session", || Some(backend.told_of("TransactionEvent")).filter(|all| all.len() == 2)).await;
    assert_eq!(
        (&events[0].payload["eventType"], &events[1].payload["eventType"]),
        (&"Started".into(), &"Ended".into())
    );
}

/// A backend that has lost its books says so by refusing what it is told.
#[tokio::test(flavor = "multi_thread")]
async fn who_has_forgotten_the_station_is_told_again_who_it_is() {
    let backend = Backend::start(Mood::Answers).await;
    let server = Setup::default().config(&backend.forward("")).start().await;
    server.api().accept(&["CARD-1"]);
    let mut station = Station16::boot(&server, "cs-1").await;
    until_state(&server, "cs-1", "connected").await;
    backend.is(Mood::Forgetful);
    let number = station.start(1, "CARD-1", 0, &ago(30)).await;
    station.stop(number, 1_000, &ago(20)).await;
    backend.until_told("StopTransaction").await;
    assert_eq!(backend.told_of("BootNotification").len(), 2);
    let starts = backend.told_of("StartTransaction");
    assert!(starts.iter().all(|start| start.id == starts[0].id), "however often it was said, it is one message");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_wants_it_is_introduced_at_each_connection() {
    let backend = Backend::start(Mood::Answers).await;
    let server = Setup::default().config(&backend.forward("introduce = \"always\"")).start().await;
    let _station = Station16::boot(&server, "cs-1").await;
    until_state(&server, "cs-1", "connected").await;
    backend.hang_up();
    until("it is introduced again", || (backend.told_of("BootNotification").len() == 2).then_some(())).await;
}

/// What was said in the last moment is on disk when the server has ended in good order.
#[tokio::test(flavor = "multi_thread")]
async fn a_restart_in_good_order_loses_nothing() {
    let backend = Backend::start(Mood::Away).await;
    let mut server = Setup::default().config(&backend.forward("")).start().await;
    server.api().accept(&["CARD-1"]);
    let mut station = Station201::boot(&server, "cs-1").await;
    station.send(&Event::started("t-1", "CARD-1", 0, &ago(60))).await;
    for seq in 1..10 {
        station.send(&Event::updated("t-1", seq, 100 * i64::from(seq), &ago(60 - i64::from(seq)))).await;
    }
    station.send(&Event::ended("t-1", 10, 5_000, &ago(10))).await;
    server.stop();
    backend.is(Mood::Answers);
    server.restart();
    let events =
        until("all are heard", || Some(backend.told_of("TransactionEvent")).filter(|all| all.len() == 11)).await;
    let numbers: Vec<i64> = events.iter().filter_map(|event| event.payload["seqNo"].as_i64()).collect();
    assert_eq!(numbers, (0..11).collect::<Vec<_>>());
}
