//! Blocks A02 and A03: certificates of stations that expire are replaced, and somebody is told where they are not.

use amprule_tests::{Setup, TestServer, Wire, station16, station201, until};
use serde_json::{Value, json};

use super::Client;
use super::pki::{Authority, Kind, Pair, request};

const ID: &str = "cs-1";

async fn server(authority: &Authority, more: &str) -> TestServer {
    trusting(authority, &["stations.pem", "data/certificates/authority.pem"], more).await
}

async fn trusting(authority: &Authority, roots: &[&str], more: &str) -> TestServer {
    let own = authority.server(Kind::Ecdsa, (-1, 400));
    let config = format!(
        "[ocpp.tls]\ncertificate = \"server.pem\"\nkey = \"server.key\"\nstation_roots = {}\n{more}",
        json!(roots)
    );
    let setup = Setup::default().config(&config).file("server.pem", &own.certificate).file("server.key", &own.key);
    let server = setup.file("stations.pem", authority.pem()).start().await;
    server.api().put(&format!("/api/v1/stations/{ID}"), &json!({"securityProfile": 3})).ok();
    server
}

fn own(server: &TestServer) -> Value {
    let held = server.api().all(&format!("/api/v1/stations/{ID}/certificates"));
    held.into_iter().find(|held| held["id"] == "ChargingStationCertificate").unwrap_or_default()
}

async fn connect(server: &TestServer, authority: &Authority, own: &Pair, protocol: &str) -> Wire {
    let client = Client::new(authority).with(own);
    let mut wire = client.speak(&server.ocpp, ID, None, protocol).await.expect("it is let in");
    let boot = if protocol == "ocpp1.6" { station16::boot() } else { station201::boot() };
    wire.call("BootNotification", boot).await;
    wire
}

fn triggers(server: &TestServer) -> usize {
    server.api().all("/api/v1/commands").iter().filter(|command| command["command"] == "trigger").count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_station_whose_certificate_expires_is_asked_for_another_until_it_shows_one() {
    for (protocol, asks) in [
        ("ocpp1.6", ("ExtendedTriggerMessage", "SignChargePointCertificate")),
        ("ocpp2.0.1", ("TriggerMessage", "SignChargingStationCertificate")),
    ] {
        let authority = Authority::new("Roots of a test");
        let server = server(&authority, "").await;
        let events = server.api().events();
        // It has lived for most of its time, and expires within the week.
        let old = authority.station(ID, (-300, 5));
        let mut wire = connect(&server, &authority, &old, protocol).await;
        let (call, action, payload) = wire.next_call().await;
        assert_eq!((action.as_str(), payload["requestedMessage"].as_str()), (asks.0, Some(asks.1)));
        // It says yes and does nothing, as some do; then it is back with the same.
        wire.reply(&call, json!({"status": "Accepted"})).await;
        wire.close().await;
        let mut wire = connect(&server, &authority, &old, protocol).await;
        events.until(&["station.certificate-expiring"]).await;
        until("it is told", || server.log().contains("has shown no other one").then_some(())).await;
        assert_eq!(triggers(&server), 1, "once a day");

        let (csr, key) = request(ID);
        assert_eq!(wire.call("SignCertificate", json!({"csr": csr})).await["status"], "Accepted");
        let (call, action, payload) = wire.next_call().await;
        assert_eq!(action, "CertificateSigned");
        let new = Pair { certificate: payload["certificateChain"].as_str().expect("a chain").to_owned(), key };
        wire.reply(&call, json!({"status": "Accepted"})).await;
        wire.close().await;
        let before = own(&server)["inUse"]["expiresAt"].clone();
        connect(&server, &authority, &new, protocol).await.close().await;
        let held = until("the new one is in use", || {
            Some(own(&server)).filter(|held| held["inUse"]["serialNumber"] == held["signed"]["serialNumber"])
        })
        .await;
        assert_ne!(held["inUse"]["expiresAt"], before, "{held}");
        assert_eq!(triggers(&server), 1);
    }
}

/// A station of short-lived certificates, and an operator who wants none renewed.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_asked_too_early() {
    let authority = Authority::new("Roots of a test");
    for (more, days) in [("", (-1, 9)), ("[certificates]\nrenew_days = 0\n", (-300, 5))] {
        let server = server(&authority, more).await;
        let own_pair = authority.station(ID, days);
        let mut wire = connect(&server, &authority, &own_pair, "ocpp2.0.1").await;
        until("what it shows is known", || own(&server)["inUse"]["expiresAt"].is_string().then_some(())).await;
        for _ in 0..3 {
            wire.call("Heartbeat", json!({})).await;
        }
        assert_eq!(triggers(&server), 0, "{days:?}");
    }
}

/// A station that sends the same request again and again, and one whose requests cannot be read.
#[tokio::test(flavor = "multi_thread")]
async fn repeated_requests_are_one_line_of_the_log() {
    let authority = Authority::new("Roots of a test");
    let server = server(&authority, "").await;
    let pair = authority.station(ID, (-1, 400));
    let mut wire = connect(&server, &authority, &pair, "ocpp2.0.1").await;
    for _ in 0..20 {
        let broken = json!({"csr": "-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----"});
        assert_eq!(wire.call("SignCertificate", broken).await["status"], "Rejected");
    }
    assert_eq!(server.log().matches("is not signed: the request cannot be read").count(), 1, "{}", server.log());
    // It asks again before it can have its certificate.
    let (csr, _) = request(ID);
    let asked = json!({"csr": csr, "certificateType": "ChargingStationCertificate"});
    assert_eq!(wire.call("SignCertificate", asked.clone()).await["status"], "Accepted");
    let (call, _, _) = wire.next_call().await;
    for _ in 0..3 {
        assert_eq!(wire.call("SignCertificate", asked.clone()).await["status"], "Accepted");
    }
    wire.reply(&call, json!({"status": "Accepted"})).await;
    until("it is taken", || own(&server)["signed"]["expiresAt"].is_string().then_some(())).await;
    let signed =
        server.api().all("/api/v1/commands").iter().filter(|one| one["command"] == "certificate-signed").count();
    assert_eq!(signed, 1);
}

/// OCPP 2.1, A02: what the station shows to cars by ISO 15118-20. It names the root that they believe.
#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_for_cars_by_the_newer_standard_is_replaced_too() {
    let authority = Authority::new("Roots of a test");
    let cars = authority.station(ID, (-300, 5));
    let signer = format!("echo \"$AMPRULE_USAGE $AMPRULE_ROOT\" > asked.txt; echo '{}'", cars.certificate);
    let more = format!("[certificates]\nsign_with = [\"/bin/sh\", \"-c\", {}]\n", json!(signer));
    let server = trusting(&authority, &["stations.pem"], &more).await;
    let events = server.api().events();
    let own = authority.station(ID, (-1, 400));
    let mut wire = connect(&server, &authority, &own, "ocpp2.1").await;
    let root = json!({
        "hashAlgorithm": "SHA256", "issuerKeyHash": "c04a", "issuerNameHash": "5d1f", "serialNumber": "2f81",
    });
    let (csr, _) = request(ID);
    let asked = json!({"csr": csr, "certificateType": "V2G20Certificate", "requestId": 9, "hashRootCertificate": root});
    assert_eq!(wire.call("SignCertificate", asked).await["status"], "Accepted");
    let (call, action, payload) = wire.next_call().await;
    assert_eq!((action.as_str(), &payload["certificateType"]), ("CertificateSigned", &json!("V2G20Certificate")));
    let told = std::fs::read_to_string(server.path("asked.txt")).expect("the program was asked");
    assert_eq!(told.trim(), format!("V2G20Certificate {root}"));
    wire.reply(&call, json!({"status": "Accepted"})).await;
    let taken = || {
        let held = server.api().all(&format!("/api/v1/stations/{ID}/certificates"));
        held.iter().any(|held| held["id"] == "V2G20Certificate" && held["signed"].is_object()).then_some(())
    };
    until("it is taken", taken).await;
    wire.close().await;
    let mut wire = connect(&server, &authority, &own, "ocpp2.1").await;
    let (call, action, payload) = wire.next_call().await;
    assert_eq!((action.as_str(), &payload["requestedMessage"]), ("TriggerMessage", &json!("SignV2G20Certificate")));
    wire.reply(&call, json!({"status": "Accepted"})).await;
    wire.close().await;
    let _wire = connect(&server, &authority, &own, "ocpp2.1").await;
    events.until(&["station.certificate-expiring"]).await;
    until("it is told", || server.log().contains("it has taken no other one").then_some(())).await;
}
