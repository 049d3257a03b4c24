//! A second backend that sleeps, lies, shouts or never listens. The station notices nothing.

use amprule_tests::station16::Station16;
use amprule_tests::{Setup, TestServer, ago, until};
use serde_json::json;

use super::backend::{Backend, Mood};
use super::{line, until_line};

async fn with(mood: Mood) -> (Backend, TestServer) {
    let backend = Backend::start(mood).await;
    let server = Setup::default().config(&backend.forward("")).start().await;
    server.api().accept(&["CARD-1"]);
    (backend, server)
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_the_second_does_the_station_has_its_answers() {
    for mood in [Mood::Sleeps, Mood::Silent, Mood::Garbage, Mood::Floods, Mood::Bursts] {
        let (backend, server) = with(mood).await;
        let mut station = Station16::boot(&server, "cs-1").await;
        // More than all bounds in memory hold.
        station.charge(30).await;
        for n in 0..100 {
            station.wire.call("DataTransfer", json!({"vendorId": "acme", "data": n.to_string()})).await;
        }
        let ended = || server.api().sessions("cs-1").iter().filter(|session| session["state"] == "ended").count();
        until("all sessions are ours", || (ended() == 30).then_some(())).await;
        assert!(backend.told_of("StopTransaction").is_empty(), "{mood:?}: it has heard none of it");
        if mood != Mood::Sleeps {
            until_line(&server, "cs-1", "says what is wrong", |line| line["lastTrouble"].is_object()).await;
        }
        until_line(&server, "cs-1", "keeps them", |line| line["waiting"] == 90).await;
        backend.is(Mood::Answers);
        if mood == Mood::Silent {
            // Its numbers come in the order of the sessions.
            let stops = until("it hears them all", || {
                Some(backend.told_of("StopTransaction")).filter(|stops| stops.len() == 30)
            })
            .await;
            let numbers: Vec<i64> = stops.iter().filter_map(|stop| stop.payload["transactionId"].as_i64()).collect();
            assert!(numbers.is_sorted(), "{numbers:?}");
        }
    }
}

/// A message that a backend cannot digest is not told for ever, and those behind it are.
#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_the_second_refuses_costs_its_own_session_alone() {
    let (backend, server) = with(Mood::Answers).await;
    let mut station = Station16::boot(&server, "cs-1").await;
    let long = "VERY-LONG-TOKEN-1234".to_owned();
    server.api().accept(&[&long]);
    backend.refuses("VERY-LONG-TOKEN-1234");
    let refused = station.start(1, &long, 0, &ago(30)).await;
    station.meter(1, refused, 500, &ago(25)).await;
    station.stop(refused, 1_000, &ago(20)).await;
    let next = station.start(1, "CARD-1", 1_000, &ago(10)).await;
    station.stop(next, 2_000, &ago(5)).await;
    backend.until_told("StopTransaction").await;
    let line = until_line(&server, "cs-1", "has nothing left", |line| line["waiting"] == 0).await;
    assert_eq!((&line["counts"]["refused"], &line["counts"]["unmatched"]), (&1.into(), &2.into()), "{line}");
    assert!(line["lastTrouble"]["what"].as_str().is_some_and(|what| what.contains("FormationViolation")), "{line}");
    assert_eq!(backend.told_of("StartTransaction").len(), 2, "a shape that is wrong is not told again");
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_to_nothing_are_counted_and_disturb_nobody() {
    let (backend, server) = with(Mood::Stutters).await;
    let mut station = Station16::boot(&server, "cs-1").await;
    station.charge(2).await;
    until_line(&server, "cs-1", "has nothing left", |line| line["waiting"] == 0).await;
    until("the second answers are counted", || {
        (line(&server, "cs-1")["counts"]["garbage"].as_u64() >= Some(6)).then_some(())
    })
    .await;
    assert_eq!(backend.came().len(), 1, "the connection lives");
    assert_eq!(line(&server, "cs-1")["state"], "connected");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_with_troubles_of_its_own_is_told_again() {
    let (backend, server) = with(Mood::Fails).await;
    let mut station = Station16::boot(&server, "cs-1").await;
    let number = station.start(1, "CARD-1", 0, &ago(30)).await;
    station.stop(number, 1_000, &ago(20)).await;
    backend.until_told("StartTransaction").await;
    backend.accepts();
    backend.until_told("StopTransaction").await;
    let starts = backend.told_of("StartTransaction");
    assert_eq!((starts.len(), &starts[0].id), (2, &starts[1].id));
    assert_eq!(line(&server, "cs-1")["counts"]["refused"], 0);
}
