//! Two servers that both want to know.

use amprule_tests::station16::Station16;
use amprule_tests::station201::{Event, Station201};
use amprule_tests::{Setup, TestServer, ago, until};
use serde_json::Value;

use super::backend::{Backend, Mood};
use super::{until_line, until_state};

async fn two() -> (TestServer, TestServer) {
    let second = TestServer::start().await;
    let forward = format!("[[forwards]]\nname = \"second\"\nto = \"{}/{{station}}\"\n", second.ocpp);
    let first = Setup::default().config(&forward).start().await;
    first.api().accept(&["CARD-1"]);
    second.api().accept(&["CARD-1"]);
    (first, second)
}

async fn ended(server: &TestServer, station: &str) -> Value {
    until("the session ends", || {
        server.api().sessions(station).into_iter().find(|session| session["state"] == "ended")
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_of_1_6_is_in_both_books_under_two_numbers() {
    let (first, second) = two().await;
    let mut station = Station16::boot(&first, "cs-1").await;
    let number = station.start(1, "CARD-1", 1_000, &ago(30)).await;
    station.meter(1, number, 6_000, &ago(20)).await;
    station.stop(number, 8_500, &ago(10)).await;
    let (ours, theirs) = (ended(&first, "cs-1").await, ended(&second, "cs-1").await);
    assert_eq!((&ours["energyWh"], &theirs["energyWh"]), (&8_500_i64.checked_sub(1_000).into(), &7_500.into()));
    assert_ne!(ours["transactionId"], theirs["transactionId"], "each has a number of its own");
    for word in ["startedAt", "endedAt", "token", "marks"] {
        assert_eq!(ours[word], theirs[word], "{word}");
    }
    let line = until_line(&first, "cs-1", "is quiet", |line| line["waiting"] == 0).await;
    assert_eq!(line["state"], "connected");
    for loss in ["refused", "unmatched", "dropped", "differing", "garbage"] {
        assert_eq!(line["counts"][loss], 0, "{line}");
    }
    let station = second.api().get("/api/v1/stations/cs-1").ok();
    assert_eq!(station["model"], first.api().get("/api/v1/stations/cs-1").ok()["model"], "it was introduced");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_of_2_0_1_is_in_both_books() {
    let (first, second) = two().await;
    let mut station = Station201::boot(&first, "cs-1").await;
    station.send(&Event::started("t-1", "CARD-1", 0, &ago(30))).await;
    station.send(&Event::updated("t-1", 1, 4_000, &ago(20))).await;
    station.send(&Event::ended("t-1", 2, 9_000, &ago(10))).await;
    let (ours, theirs) = (ended(&first, "cs-1").await, ended(&second, "cs-1").await);
    for word in ["energyWh", "startedAt", "endedAt", "transactionId", "marks"] {
        assert_eq!(ours[word], theirs[word], "{word}");
    }
    assert_eq!(ours["energyWh"], 9_000);
}

/// What the second one says of a token is looked at, and told nobody.
#[tokio::test(flavor = "multi_thread")]
async fn the_station_hears_our_answer_alone() {
    let backend = Backend::start(Mood::Answers).await;
    let server = Setup::default().config(&backend.forward("")).start().await;
    server.api().accept(&["UNLOVED"]);
    let mut station = Station16::boot(&server, "cs-1").await;
    let number = station.start(1, "UNLOVED", 0, &ago(5)).await;
    let theirs = backend.until_told("StartTransaction").await;
    assert_ne!(number, super::backend::FIRST_NUMBER);
    assert!(!theirs.id.starts_with("cs-1-"), "its ids are of its own wire: {}", theirs.id);
    let line = until_line(&server, "cs-1", "has seen it", |line| line["counts"]["differing"] == 1).await;
    assert_eq!(line["lastDifference"], "StartTransaction: Accepted here, Invalid there");
    station.meter(1, number, 100, &ago(4)).await;
    let heard = backend.until_told("MeterValues").await;
    assert_eq!(heard.payload["transactionId"], super::backend::FIRST_NUMBER);
    let forwards = server.api().all("/api/v1/forwards");
    assert_eq!((&forwards[0]["name"], &forwards[0]["connected"]), (&"books".into(), &1.into()));
    assert!(server.api().get("/metrics").text.contains("amprule_forward_connected{forward=\"books\"} 1"));
}

/// As the station would: its id in the path, its version, its password.
#[tokio::test(flavor = "multi_thread")]
async fn a_station_comes_to_the_second_as_itself() {
    let backend = Backend::start(Mood::Answers).await;
    let forward = backend.forward("password_file = \"{station}.secret\"");
    let setup = Setup::default().config(&forward).file("cs%201.secret", "a long password of 1\n");
    let server = setup.start().await;
    let mut station = Station201::boot(&server, "cs%201").await;
    until_state(&server, "cs%201", "connected").await;
    let came = backend.came().remove(0);
    assert_eq!((&*came.path, &*came.protocol), ("/ocpp/cs%201", "ocpp2.0.1"));
    let basic = "Basic Y3MgMTphIGxvbmcgcGFzc3dvcmQgb2YgMQ==";
    assert_eq!(came.authorization.as_deref(), Some(basic), "cs 1:a long password of 1");
    assert!(!server.log().contains("a long password"));
    // The connection ends with the station's.
    station.wire.call("Heartbeat", serde_json::json!({})).await;
    drop(station);
    until_state(&server, "cs%201", "away").await;
}
