//! Two servers that both want to know.

use amprule_tests::station16::Station16;
use amprule_tests::station201::{self, Event, Station201};
use amprule_tests::{Setup, TestServer, ago, units, until};
use serde_json::{Value, json};

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
    until("the session ends", || server.api().sessions(station).into_iter().find(|session| session["state"] == "ended"))
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
    assert_eq!((&ours["energyWh"], &theirs["energyWh"]), (&7_500.into(), &7_500.into()));
    assert_ne!(ours["transaction"], theirs["transaction"], "each has a number of its own");
    for word in ["startedAt", "endedAt", "idToken", "marks"] {
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
    for word in ["energyWh", "startedAt", "endedAt", "transaction", "marks"] {
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
    station.wire.call("Heartbeat", json!({})).await;
    drop(station);
    until_state(&server, "cs%201", "away").await;
}

/// With a certificate of one's own, and a password.
#[tokio::test(flavor = "multi_thread")]
async fn the_second_is_known_by_its_certificate_and_the_station_by_its_password() {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate");
    let tls = "[ocpp.tls]\ncertificate = \"server.pem\"\nkey = \"server.key\"\n";
    let second = Setup::default().config(tls).file("server.pem", made.cert.pem());
    let second = second.file("server.key", made.signing_key.serialize_pem()).start().await;
    let password = "0123456789abcdef";
    let entered = json!({"securityProfile": 2, "password": password});
    second.api().put("/api/v1/stations/cs-1", &entered).ok();
    let forward = format!(
        "[[forwards]]\nname = \"second\"\nto = \"{}/{{station}}\"\npassword_file = \"{{station}}.secret\"\n",
        second.ocpp
    );
    let first = Setup::default().config(&format!("{forward}roots = \"second.pem\"\n"));
    let first = first.file("second.pem", made.cert.pem()).file("cs-1.secret", "not the right one").start().await;
    let _station = Station201::boot(&first, "cs-1").await;
    let is_refused = |line: &Value| line["lastTrouble"]["what"].as_str().is_some_and(|what| what.contains("password"));
    until_line(&first, "cs-1", "is refused", is_refused).await;
    std::fs::write(first.path("cs-1.secret"), password).expect("write the password");
    until_state(&first, "cs-1", "connected").await;
    std::fs::write(first.path("amprule.toml"), &forward).expect("write the configuration");
    let is_unknown =
        |line: &Value| line["lastTrouble"]["what"].as_str().is_some_and(|what| what.contains("UnknownIssuer"));
    until_line(&first, "cs-1", "trusts nobody of that name", is_unknown).await;
}

/// What a unit mends is told as it is mended, and all else as it was said.
#[tokio::test(flavor = "multi_thread")]
async fn the_second_hears_what_the_station_means() {
    let backend = Backend::start(Mood::Answers).await;
    let dialect = units::manifest("acme", "1.0.0", "dialect")
        + "\n[dialect]\nstations = [{ vendor = \"Acme\" }]\nactions = [\"StatusNotification\"]\n";
    let code = "fn translate(message) {\n    let body = message.body;\n    body.status = \"Available\";\n    mended(body, \"a word of its own\")\n}\n";
    let setup = Setup::default().file("scripts/acme/plugin.toml", dialect).file("scripts/acme/main.rhai", code);
    let server = setup.config(&backend.forward("")).start().await;
    let state = || server.api().get("/api/v1/extensions/acme").body["state"] == "active";
    until("the dialect is active", || state().then_some(())).await;
    let mut wire = server.station("cs-1", "ocpp1.6").await;
    wire.call("BootNotification", json!({"chargePointVendor": "Acme", "chargePointModel": "M"})).await;
    let said =
        json!({"connectorId": 1, "errorCode": "NoError", "status": "Idle", "timestamp": ago(1), "vendorId": "x"});
    wire.call("StatusNotification", said).await;
    let heard = backend.until_told("StatusNotification").await.payload;
    assert_eq!((&heard["status"], &heard["vendorId"]), (&"Available".into(), &"x".into()));
    wire.request("AcmeHello", json!({"oddly": 1.50})).await;
    assert_eq!(backend.until_told("AcmeHello").await.payload, json!({"oddly": 1.5}), "we do not know it, and they may");
}

/// 2.1 has messages that nobody answers.
#[tokio::test(flavor = "multi_thread")]
async fn a_stream_is_forwarded_and_nobody_waits_for_an_answer() {
    let backend = Backend::start(Mood::Answers).await;
    let server = Setup::default().config(&backend.forward("")).start().await;
    let mut wire = server.station("cs-1", "ocpp2.1").await;
    wire.call("BootNotification", station201::boot()).await;
    until_state(&server, "cs-1", "connected").await;
    for n in 0..3 {
        let payload = json!({"id": 4, "pending": n, "basetime": "2026-07-01T08:00:00Z", "data": [{"t": 0, "v": "1"}]});
        wire.send(&json!([6, format!("s-{n}"), "NotifyPeriodicEventStream", payload]).to_string()).await;
    }
    until("all are heard", || (backend.told_of("NotifyPeriodicEventStream").len() == 3).then_some(())).await;
}
