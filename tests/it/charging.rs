//! Sessions from boot to bill, in both versions.

use amprule_tests::station16::{self, Station16};
use amprule_tests::station201::{Event, Station201};
use amprule_tests::{Setup, TestServer, ago, until};
use serde_json::{Value, json};

/// The only session of a station, once it has ended.
async fn bill(server: &TestServer, station: &str) -> Value {
    let api = server.api();
    until(&format!("the session of {station} ends"), || {
        let sessions = api.sessions(station);
        assert!(sessions.len() <= 1, "{station} has {} sessions", sessions.len());
        sessions.into_iter().find(|session| session["state"] == "ended")
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_of_ocpp_1_6_is_priced_to_the_cent() {
    let server = Setup::default().tariff("0.49").start().await;
    server.api().accept(&["CARD-1"]);
    let mut station = Station16::boot(&server, "cs-16").await;
    let answer = station.wire.call("Authorize", json!({"idTag": "CARD-1"})).await;
    assert_eq!(answer["idTagInfo"]["status"], "Accepted");
    let transaction = station.start(1, "CARD-1", 1_000, &ago(60)).await;
    assert!(transaction > 0);
    station.meter(1, transaction, 6_000, &ago(30)).await;
    station.stop(transaction, 11_500, &ago(0)).await;

    let session = bill(&server, "cs-16").await;
    assert_eq!(session["energyWh"], 10_500);
    assert_eq!(
        (&session["currency"], &session["total"]),
        (&json!("EUR"), &json!("5.15")),
        "5.145 rounds away from zero"
    );
    assert_eq!(session["lines"][0]["unrounded"], "5.145", "both amounts are kept: {session}");
    assert_eq!(session["pricedBy"]["unit"], "tariff");
    assert_eq!(session["marks"], json!([]), "nothing was odd");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_of_ocpp_2_0_1_shows_its_cost_as_it_runs_and_ends_with_the_same_bill() {
    let server = Setup::default().tariff("0.49").start().await;
    server.api().accept(&["CARD-1"]);
    let mut station = Station201::boot(&server, "cs-201").await;
    let started = station.send(&Event::started("t-1", "CARD-1", 1_000, &ago(60))).await;
    assert_eq!(started["idTokenInfo"]["status"], "Accepted");
    let running = station.send(&Event::updated("t-1", 1, 6_000, &ago(30))).await;
    assert_eq!(running["totalCost"].to_string(), "2.45");
    let ended = station.send(&Event::ended("t-1", 2, 11_500, &ago(0))).await;
    assert_eq!(ended["totalCost"].to_string(), "5.15");

    let session = bill(&server, "cs-201").await;
    assert_eq!((&session["energyWh"], &session["total"]), (&json!(10_500), &json!("5.15")));
    assert_eq!(session["marks"], json!([]), "nothing was odd");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blocked_token_does_not_start_a_session_and_may_still_stop_one() {
    let server = Setup::default().tariff("0.49").start().await;
    let api = server.api();
    api.accept(&["CARD-1"]);
    api.put("/api/v1/tokens/CARD-2", &json!({"type": "ISO14443", "status": "blocked"})).ok();
    let mut station = Station16::boot(&server, "cs-16").await;
    let answer = station.wire.call("Authorize", json!({"idTag": "CARD-2"})).await;
    assert_eq!(answer["idTagInfo"]["status"], "Blocked");
    let answer = station.wire.call("StartTransaction", station16::start(1, "CARD-2", 0, &ago(9))).await;
    assert_eq!(answer["idTagInfo"]["status"], "Blocked");

    let transaction = station.start(2, "CARD-1", 0, &ago(8)).await;
    let mut stop = station16::stop(transaction, 1_000, &ago(0));
    stop["idTag"] = json!("CARD-2");
    let answer = station.wire.request("StopTransaction", stop).await.result();
    assert!(answer.is_object());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_any_unit_a_session_is_kept_and_marked_as_unpriced() {
    let server = TestServer::start().await;
    server.api().accept(&["CARD-1"]);
    let mut station = Station16::boot(&server, "cs-16").await;
    let transaction = station.start(1, "CARD-1", 0, &ago(10)).await;
    station.stop(transaction, 2_000, &ago(0)).await;
    let session = bill(&server, "cs-16").await;
    assert_eq!((&session["energyWh"], &session["total"]), (&json!(2_000), &Value::Null));
    assert!(session["marks"].as_array().is_some_and(|marks| marks.contains(&json!("unpriced"))), "{session}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_and_a_stop_that_come_again_after_many_sessions_make_no_second_session() {
    let server = Setup::default().tariff("0.49").start().await;
    server.api().accept(&["CARD-1"]);
    let mut station = Station16::boot(&server, "cs-16").await;
    let times: Vec<_> = (0..12).map(|n| (ago(600 - n * 40), ago(590 - n * 40))).collect();
    let mut numbers = Vec::new();
    for (begin, end) in &times {
        let transaction = station.start(1, "CARD-1", 0, begin).await;
        station.stop(transaction, 1_000, end).await;
        numbers.push(transaction);
    }
    let before = server.api().sessions("cs-16");
    assert_eq!(station.start(1, "CARD-1", 0, &times[0].0).await, numbers[0]);
    station.stop(numbers[0], 1_000, &times[0].1).await;
    assert_eq!(server.api().sessions("cs-16"), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_that_was_refused_and_never_stopped_may_charge_elsewhere() {
    let server = Setup::default()
        .product_script("token-table")
        .file("scripts/token-table/parameters.toml", "one_session_at_a_time = true\n")
        .start()
        .await;
    let api = server.api();
    api.put("/api/v1/tokens/CARD-1", &json!({"type": "ISO14443", "status": "blocked"})).ok();
    let mut station = Station16::boot(&server, "cs-1").await;
    let answer = station.wire.call("StartTransaction", station16::start(1, "CARD-1", 0, &ago(9))).await;
    assert_eq!(answer["idTagInfo"]["status"], "Blocked");
    api.accept(&["CARD-1"]);
    let mut other = Station16::boot(&server, "cs-2").await;
    other.start(1, "CARD-1", 0, &ago(5)).await;
    let answer = station.wire.call("StartTransaction", station16::start(2, "CARD-1", 0, &ago(1))).await;
    assert_eq!(answer["idTagInfo"]["status"], "ConcurrentTx", "a session that runs does count");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_prices_as_a_script_does() {
    let server = Setup::default()
        .product_plugin("blueprint")
        .file("plugins/blueprint/parameters.toml", "energy_price = \"0.49\"\n")
        .start()
        .await;
    server.api().accept(&["CARD-1"]);
    let mut station = Station16::boot(&server, "cs-16").await;
    let transaction = station.start(1, "CARD-1", 1_000, &ago(60)).await;
    station.stop(transaction, 11_500, &ago(0)).await;
    let session = bill(&server, "cs-16").await;
    assert_eq!((&session["total"], &session["pricedBy"]["unit"]), (&json!("5.15"), &json!("blueprint")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_socket_wins_and_the_late_close_of_the_old_one_changes_nothing() {
    let server = Setup::default().tariff("0.49").start().await;
    server.api().accept(&["CARD-1"]);
    let mut old = Station16::boot(&server, "cs-16").await;
    let transaction = old.start(1, "CARD-1", 0, &ago(10)).await;
    let mut new = Station16::connect(&server, "cs-16").await;
    new.meter(1, transaction, 500, &ago(5)).await;
    old.wire.closed().await;
    new.stop(transaction, 1_000, &ago(0)).await;
    assert_eq!(bill(&server, "cs-16").await["energyWh"], 1_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operators_end_finishes_what_is_in_flight_and_a_restart_goes_on() {
    let mut server = Setup::default().tariff("0.49").start().await;
    server.api().accept(&["CARD-1"]);
    let mut station = Station16::boot(&server, "cs-16").await;
    let transaction = station.start(1, "CARD-1", 0, &ago(10)).await;
    assert!(server.stop().success(), "a graceful end is a success");
    station.wire.closed().await;
    server.restart();
    let mut station = Station16::connect(&server, "cs-16").await;
    station.stop(transaction, 1_000, &ago(0)).await;
    assert_eq!(bill(&server, "cs-16").await["total"], "0.49");
}
