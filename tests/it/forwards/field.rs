//! What people met who put proxies and forwarders between stations and two backends, in our words.

use amprule_tests::station16::{self, Station16};
use amprule_tests::station201::{Event, Station201};
use amprule_tests::{Setup, TestServer, ago, until};
use serde_json::json;

use super::backend::{Backend, FIRST_NUMBER, Mood};
use super::{line, until_line, until_state};

async fn with(mood: Mood) -> (Backend, TestServer) {
    let backend = Backend::start(mood).await;
    let server = Setup::default().config(&backend.forward("")).start().await;
    server.api().accept(&["CARD-1"]);
    (backend, server)
}

/// evcc-io/evcc #30765: after the upstream had dropped mid-session, it missed the rest of the transaction.
#[tokio::test(flavor = "multi_thread")]
async fn a_backend_that_drops_the_connection_misses_nothing_of_the_session() {
    let (backend, server) = with(Mood::Answers).await;
    let mut station = Station16::boot(&server, "cs-1").await;
    let number = station.start(1, "CARD-1", 0, &ago(30)).await;
    for wh in 1..=5 {
        station.meter(1, number, wh * 1_000, &ago(30 - wh)).await;
        backend.hang_up();
    }
    station.stop(number, 6_000, &ago(5)).await;
    until_line(&server, "cs-1", "has told it all", |line| line["waiting"] == 0 && line["state"] == "connected").await;
    let mut readings: Vec<String> =
        backend.told_of("MeterValues").iter().map(|told| told.payload["meterValue"].to_string()).collect();
    readings.dedup();
    assert_eq!(readings.len(), 5, "in order, each of them");
    assert_eq!(backend.until_told("StopTransaction").await.payload["transactionId"], FIRST_NUMBER);
}

/// ocpp-balanz/ocpp-2w-proxy #1: the loss of the secondary took the charger's own connection with it.
#[tokio::test(flavor = "multi_thread")]
async fn a_second_that_is_lost_takes_nobody_with_it() {
    let (backend, server) = with(Mood::Answers).await;
    let mut station = Station201::boot(&server, "cs-1").await;
    until_state(&server, "cs-1", "connected").await;
    backend.is(Mood::Away);
    until_state(&server, "cs-1", "retrying").await;
    station.send(&Event::started("t-1", "CARD-1", 0, &ago(30))).await;
    let connected = server.api().get("/api/v1/stations/cs-1").ok();
    assert_eq!(connected["connected"], true, "{connected}");
}

/// A proxy's readers: two backends answer one message, and the station takes the second answer for a fault.
#[tokio::test(flavor = "multi_thread")]
async fn one_message_has_one_answer() {
    let (backend, server) = with(Mood::Answers).await;
    let mut station = Station16::boot(&server, "cs-1").await;
    until_state(&server, "cs-1", "connected").await;
    for _ in 0..20 {
        // The harness takes no other answer than that of this id.
        station.wire.call("Heartbeat", json!({})).await;
        station
            .wire
            .call("StatusNotification", json!({"connectorId": 1, "errorCode": "NoError", "status": "Available"}))
            .await;
    }
    backend.until_told("StatusNotification").await;
}

/// dallmann-consulting/OCPP.Core #62 and matth-x/MicroOcpp #237: a start that a station says again, because the answer was lost,
/// becomes two transactions upstream.
#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_is_said_again_begins_one_transaction() {
    let (backend, server) = with(Mood::Answers).await;
    let mut station = Station16::boot(&server, "cs-1").await;
    let start = station16::start(1, "CARD-1", 0, &ago(30));
    let first = station.wire.call("StartTransaction", start.clone()).await;
    let again = station.wire.call("StartTransaction", start.clone()).await;
    assert_eq!(first, again);
    station.wire.request_as("same", "Heartbeat", json!({})).await;
    let number = first["transactionId"].as_i64().expect("a number");
    station.stop(number, 1_000, &ago(10)).await;
    backend.until_told("StopTransaction").await;
    assert_eq!(backend.told_of("StartTransaction").len(), 1);
}

/// c-jimenez/open-ocpp #24, EVerest/libocpp #495: a session that ran offline ends under -1, which is no backend's number.
#[tokio::test(flavor = "multi_thread")]
async fn a_stop_without_a_number_is_told_as_it_was_said() {
    let (backend, server) = with(Mood::Answers).await;
    let mut station = Station16::boot(&server, "cs-1").await;
    station.wire.call("StopTransaction", station16::stop(-1, 5_000, &ago(10))).await;
    let stop = backend.until_told("StopTransaction").await;
    assert_eq!(stop.payload["transactionId"], -1);
}

/// mobilityhouse/ocpp #297, MicroOcpp #22: an answer under an id that nobody has used.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_under_a_foreign_id_answers_nothing() {
    let (backend, server) = with(Mood::Answers).await;
    let _station = Station16::boot(&server, "cs-1").await;
    until_state(&server, "cs-1", "connected").await;
    backend.say(json!([3, "nobody's", {"status": "Accepted"}]));
    until("it is counted", || (line(&server, "cs-1")["counts"]["garbage"] == 1).then_some(())).await;
    assert_eq!(line(&server, "cs-1")["state"], "connected");
}

/// dingo35/SmartEVSE-3.5 #202 and intellastar/ocppShared #12: a back office that was gone for a while stays gone; what happened
/// meanwhile is to be replayed.
#[tokio::test(flavor = "multi_thread")]
async fn a_back_office_that_returns_is_found_again_without_anybodys_help() {
    let (backend, server) = with(Mood::Silent).await;
    let mut station = Station201::boot(&server, "cs-1").await;
    station.send(&Event::started("t-1", "CARD-1", 0, &ago(30))).await;
    until_line(&server, "cs-1", "says that it is silent", |line| {
        line["lastTrouble"]["what"].as_str().is_some_and(|what| what.contains("has not answered"))
    })
    .await;
    backend.is(Mood::Answers);
    backend.until_told("TransactionEvent").await;
}

/// Two messages under one id (citrineos/citrineos #212, steve-community/steve #1305): stations that count from 1 again.
#[tokio::test(flavor = "multi_thread")]
async fn ids_that_a_station_uses_again_are_others_upstream() {
    let (backend, server) = with(Mood::Answers).await;
    let mut station = Station16::boot(&server, "cs-1").await;
    until_state(&server, "cs-1", "connected").await;
    for vendor in ["a", "b", "c"] {
        station.wire.request_as("1", "DataTransfer", json!({"vendorId": vendor})).await;
    }
    let told = until("all are heard", || Some(backend.told_of("DataTransfer")).filter(|told| told.len() == 3)).await;
    let mut ids: Vec<&String> = told.iter().map(|told| &told.id).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 3);
}
