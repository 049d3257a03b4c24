//! Blocks A00: what stations are shown, what they show, and what happens when files change.

use amprule_tests::{Setup, TestServer, station201, until};
use serde_json::json;
use tokio_rustls::rustls::version::{TLS12, TLS13};

use super::pki::{Authority, Kind, Pair};
use super::{Client, Knows, server};

const LONG: (i64, i64) = (-1, 400);

/// The first certificate that a station is shown.
async fn shown(server: &TestServer, client: &Client<'_>) -> Result<Vec<u8>, String> {
    let stream = client.open(&server.ocpp).await.map_err(|error| error.to_string())?;
    let certificates = stream.get_ref().1.peer_certificates().expect("a certificate").to_vec();
    Ok(certificates[0].to_vec())
}

async fn with_both(authority: &Authority) -> (TestServer, Pair, Pair) {
    let [ecdsa, rsa] = [Kind::Ecdsa, Kind::Rsa].map(|kind| authority.server(kind, LONG));
    let config = "[ocpp.tls]\ncertificate = \"ecdsa.pem\"\nkey = \"ecdsa.key\"\n\
                  [[ocpp.tls.certificates]]\ncertificate = \"rsa.pem\"\nkey = \"rsa.key\"\n";
    let setup = Setup::default().config(config).file("ecdsa.pem", &ecdsa.certificate).file("ecdsa.key", &ecdsa.key);
    let server = setup.file("rsa.pem", &rsa.certificate).file("rsa.key", &rsa.key).start().await;
    (server, ecdsa, rsa)
}

/// OCPP 2.0.1 A00.FR.318: a station that knows one kind of certificate only is shown that one.
#[tokio::test(flavor = "multi_thread")]
async fn a_station_is_shown_the_certificate_that_it_can_check() {
    let authority = Authority::new("Roots of a test");
    let (server, ecdsa, rsa) = with_both(&authority).await;
    for version in [&TLS12, &TLS13] {
        for (knows, expected) in [(Knows::Everything, &ecdsa), (Knows::RsaOnly, &rsa)] {
            let client = Client { knows, ..Client::new(&authority).of(version) };
            let expected = expected.chain()[0].to_vec();
            assert_eq!(shown(&server, &client).await, Ok(expected), "{version:?} {knows:?}");
            let mut wire = client.connect(&server.ocpp, "cs-1", None).await.expect("it is let in");
            assert_eq!(wire.call("BootNotification", station201::boot()).await["status"], "Accepted");
        }
    }
}

/// A station with suites for RSA alone at a server that has no such certificate: the log says what would help.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_station_has_not_in_common_with_us_is_said() {
    let authority = Authority::new("Roots of a test");
    let server = server(&authority.server(Kind::Ecdsa, LONG), None, "").await;
    for version in [&TLS12, &TLS13] {
        let client = Client { knows: Knows::RsaOnly, ..Client::new(&authority).of(version) };
        shown(&server, &client).await.expect_err("nothing fits");
    }
    until("it is told", || {
        let log = server.log();
        (log.matches("a certificate of the kind ECDSA").count() == 2).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replaced_certificate_is_taken_up_and_a_broken_one_is_told_of() {
    let authority = Authority::new("Roots of a test");
    let (server, _, rsa) = with_both(&authority).await;
    let (client, rsa_client) = (Client::new(&authority), Client { knows: Knows::RsaOnly, ..Client::new(&authority) });
    let mut early = client.connect(&server.ocpp, "cs-1", None).await.expect("it is let in");
    let events = server.api().events();

    let next = authority.server(Kind::Ecdsa, LONG);
    let put = |name: &str, text: &str| std::fs::write(server.path(name), text).expect("a file is written");
    put("ecdsa.pem", &next.certificate);
    put("ecdsa.key", &next.key);
    let expected = next.chain()[0].to_vec();
    shown_at_last(&server, &client, &expected).await;
    events.until(&["server.certificates-changed"]).await;
    assert_eq!(shown(&server, &rsa_client).await, Ok(rsa.chain()[0].to_vec()), "the other is as it was");

    // A key of another certificate, a certificate that has expired, and no PEM at all.
    let other = authority.server(Kind::Ecdsa, LONG);
    put("ecdsa.key", &other.key);
    until("the wrong key is told of", || {
        let log = server.log();
        (log.contains("ecdsa.key cannot be used") && log.contains("KeyMismatch")).then_some(())
    })
    .await;
    let expired = authority.server(Kind::Ecdsa, (-40, -10));
    put("ecdsa.pem", &expired.certificate);
    put("ecdsa.key", &expired.key);
    until("the expired one is told of", || server.log().contains("the certificate ecdsa.pem expired at").then_some(()))
        .await;
    std::fs::remove_file(server.path("ecdsa.key")).expect("it was there");
    until("the missing file is told of", || server.log().contains("read ecdsa.key").then_some(())).await;
    events.until(&["server.certificates-refused"]).await;
    assert_eq!(shown(&server, &client).await, Ok(expected), "the one from before is shown");
    assert!(early.call("Heartbeat", json!({})).await["currentTime"].is_string(), "nobody was cut off");

    let last = authority.server(Kind::Ecdsa, LONG);
    put("ecdsa.pem", &last.certificate);
    put("ecdsa.key", &last.key);
    shown_at_last(&server, &client, &last.chain()[0]).await;
    let told = server.log().matches("were replaced and cannot be used").count();
    assert_eq!(told, 3, "each is told of once: {}", server.log());
}

async fn shown_at_last(server: &TestServer, client: &Client<'_>, expected: &[u8]) {
    let deadline = std::time::Instant::now() + amprule_tests::wait::PATIENCE;
    while shown(server, client).await.expect("a handshake") != expected {
        assert!(std::time::Instant::now() < deadline, "the new certificate is not shown");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_expires_soon_is_told_of_and_counted() {
    let authority = Authority::new("Roots of a test");
    let server = server(&authority.server(Kind::Ecdsa, (-300, 10)), None, "").await;
    until("it is told", || server.log().contains("the certificate that stations are shown expires soon").then_some(()))
        .await;
    let metrics = server.api().get("/metrics").text;
    assert!(metrics.contains("amprule_server_certificate_expiry_seconds{file=\"server.pem\"} "), "{metrics}");
}

/// Profile 3, with all that stations get wrong. What is refused is told of once, however often it comes.
#[tokio::test(flavor = "multi_thread")]
async fn a_station_s_certificate_must_be_its_own_and_valid() {
    let authority = Authority::new("Roots of a test");
    let server = server(&authority.server(Kind::Ecdsa, LONG), Some(&authority), "").await;
    let api = server.api();
    api.put("/api/v1/stations/cs-1", &json!({"securityProfile": 3})).ok();
    let own = authority.station("cs-1", LONG);
    let good = Client::new(&authority).with(&own);
    for version in [&TLS12, &TLS13] {
        let client = Client { version, ..Client::new(&authority).with(&own) };
        client.connect(&server.ocpp, "cs-1", None).await.expect("its own").close().await;
    }
    let cases = [
        (authority.station("cs-2", LONG), "401"),
        (authority.station("cs-1", (-40, -10)), ""),
        (authority.station("cs-1", (10, 40)), ""),
        (Authority::new("Somebody else").station("cs-1", LONG), ""),
    ];
    for (pair, why) in &cases {
        for _ in 0..3 {
            let refused = Client::new(&authority).with(pair).connect(&server.ocpp, "cs-1", None).await;
            let error = refused.expect_err("it is refused");
            assert!(error.contains(why), "{error}");
        }
    }
    let without = Client::new(&authority).connect(&server.ocpp, "cs-1", Some("a-password-for-once")).await;
    assert!(without.expect_err("it shows none").contains("401"));
    let log = until("it is told", || {
        let log = server.log();
        log.contains("`renew_days` of [certificates] spares that").then_some(log)
    })
    .await;
    let told = log.lines().filter(|line| line.contains("the certificate that the station shows is refused:")).count();
    assert_eq!(told, 1, "the same name is told of once: {log}");
    good.connect(&server.ocpp, "cs-1", None).await.expect("it is let in as before").close().await;
    // OCPP 2.0.1, A00.FR.405: the common name is the serial number, which the operator has entered.
    let serial = authority.station("SN4711", LONG);
    let by_serial = Client::new(&authority).with(&serial);
    assert!(by_serial.connect(&server.ocpp, "cs-1", None).await.is_err(), "nobody has entered it");
    api.put("/api/v1/stations/cs-1", &json!({"certificateName": "SN4711"})).ok();
    by_serial.connect(&server.ocpp, "cs-1", None).await.expect("it is its own").close().await;
    good.connect(&server.ocpp, "cs-1", None).await.expect("its id goes on to do").close().await;
    // Who would be let in again stays, and nobody else.
    let mut wire = good.connect(&server.ocpp, "cs-1", None).await.expect("it comes in");
    for name in [json!("SN4712"), json!(null), json!("SN4711")] {
        api.put("/api/v1/stations/cs-1", &json!({"certificateName": name})).ok();
        wire.call("Heartbeat", json!({})).await;
    }
    let mut wire = by_serial.connect(&server.ocpp, "cs-1", None).await.expect("it comes in");
    wire.call("Heartbeat", json!({})).await;
    api.put("/api/v1/stations/cs-1", &json!({"certificateName": null})).ok();
    wire.closed().await;
    api.put("/api/v1/stations/cs-1", &json!({"certificateName": "SN4711"})).ok();
    for name in ["cs-1", "SN4711"] {
        let shared = api.put("/api/v1/stations/cs-9", &json!({"certificateName": name}));
        assert_eq!((shared.status, &shared.body["error"]["path"]), (422, &json!("/certificateName")), "{name}");
    }
}
