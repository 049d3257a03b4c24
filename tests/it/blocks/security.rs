//! Blocks A and M: passwords that stations take from us, and certificates that they want to be signed.

use amprule_simulator::{SimStation, StationSettings, Version, Whole};
use amprule_tests::{Management, Setup, TestServer, Wire, station16, station201, until};
use serde_json::{Value, json};

use super::{Flow, ID};

const OLD: &str = "the-first-password";
const NEW: &str = "a-second-passwor";

async fn flow(version: Version) -> Flow {
    let server = TestServer::start().await;
    let api = server.api();
    api.put(&format!("/api/v1/stations/{ID}"), &json!({"securityProfile": 1, "password": OLD})).ok();
    let settings = StationSettings::new(&server.ocpp, ID, version).password(OLD);
    let (station, whole) = SimStation::connect_whole(settings).await.expect("the station connects");
    station.boot().await.expect("the station boots");
    Flow { server, api, station, whole }
}

async fn may_come(flow: &Flow, version: Version, password: &str) -> bool {
    let settings = StationSettings::new(&flow.server.ocpp, ID, version).password(password);
    SimStation::connect_as(settings, &Whole::new(version)).await.is_ok()
}

/// OCPP 2.0.1 A01: once the station has taken it, the new one counts; the old one until the new one was shown.
#[tokio::test(flavor = "multi_thread")]
async fn a_station_takes_a_new_password_and_comes_back_with_it() {
    for version in [Version::Ocpp16, Version::Ocpp201] {
        let flow = flow(version).await;
        let ordered = flow.ordered(json!({"command": "password", "password": NEW, "waitS": 20})).await.ok();
        assert_eq!(
            (&ordered["answer"]["verdict"], &ordered["password"]),
            (&json!("accepted"), &json!("***")),
            "{ordered}"
        );
        let action = if version == Version::Ocpp16 { "ChangeConfiguration" } else { "SetVariables" };
        assert!(flow.whole.requests().iter().any(|(asked, _)| asked == action));
        // It comes back by itself with the new one.
        until("the old one is not taken any more", || {
            let shown = flow.api.get(&format!("/api/v1/stations/{ID}")).ok();
            (shown["connected"] == true && shown["changesPassword"] == false).then_some(())
        })
        .await;
        assert!(!may_come(&flow, version, OLD).await, "{version:?}: the old one");
        assert!(may_come(&flow, version, NEW).await, "{version:?}: the new one");
    }
}

/// A station of 2.0.1 or 1.6 that says of itself what the test wants.
struct Played {
    server: TestServer,
    api: Management,
    wire: Wire,
    protocol: &'static str,
}

impl Played {
    async fn of(protocol: &'static str) -> Self {
        let server = TestServer::start().await;
        let api = server.api();
        api.put("/api/v1/stations/cs-1", &json!({"securityProfile": 1, "password": OLD})).ok();
        let mut wire = connect(&server, protocol, OLD).await.expect("it is let in");
        let boot = if protocol == "ocpp1.6" { station16::boot() } else { station201::boot() };
        wire.call("BootNotification", boot).await;
        Self { server, api, wire, protocol }
    }

    async fn comes(&self, password: &str) -> bool {
        match connect(&self.server, self.protocol, password).await {
            Ok(mut wire) => {
                // What is answered comes behind what the password means.
                wire.call("Heartbeat", json!({})).await;
                wire.close().await;
                true
            }
            Err(_) => false,
        }
    }

    /// The command `password`, and the station's word for it.
    async fn told(&mut self, status: &str) -> Value {
        let api = self.api.clone();
        let order = json!({"command": "password", "password": NEW, "waitS": 20});
        let asked = tokio::task::spawn_blocking(move || api.post("/api/v1/stations/cs-1/commands", &order).ok());
        let (id, _, payload) = self.wire.next_call().await;
        let item = &payload["setVariableData"][0];
        let result = json!({"attributeStatus": status, "component": item["component"], "variable": item["variable"]});
        let answer = if item.is_object() { json!({"setVariableResult": [result]}) } else { json!({"status": status}) };
        self.wire.reply(&id, answer).await;
        asked.await.expect("an answer")
    }

    fn changes(&self) -> bool {
        self.api.get("/api/v1/stations/cs-1").ok()["changesPassword"] == true
    }
}

async fn connect(server: &TestServer, protocol: &str, password: &str) -> Result<Wire, String> {
    let connected = Wire::try_connect_as(&server.ocpp, "cs-1", &[protocol], Some(password)).await;
    connected.map_err(|error| error.to_string())
}

/// A station that says it took the password may come with the one before until its next restart, and with that no more.
#[tokio::test(flavor = "multi_thread")]
async fn a_station_that_lost_its_new_password_is_not_locked_out() {
    for protocol in ["ocpp1.6", "ocpp2.0.1"] {
        let mut played = Played::of(protocol).await;
        assert_eq!(played.told("Accepted").await["answer"]["status"], "Accepted");
        for _ in 0..2 {
            assert!(played.comes(OLD).await, "{protocol}: the one before is taken");
        }
        assert!(!played.comes("neither-of-the-two").await && played.changes());
        assert!(played.comes(NEW).await && !played.changes(), "{protocol}");
        assert!(!played.comes(OLD).await, "{protocol}: the new one was shown");
        assert!(played.comes(NEW).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_the_station_refuses_does_not_count() {
    for protocol in ["ocpp1.6", "ocpp2.0.1"] {
        let mut played = Played::of(protocol).await;
        assert_eq!(played.told("Rejected").await["answer"]["verdict"], "refused");
        assert!(!played.changes(), "{protocol}");
        assert!(!played.comes(NEW).await, "{protocol}");
        assert!(played.comes(OLD).await, "{protocol}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_is_refused_changes_nothing() {
    let flow = flow(Version::Ocpp16).await;
    let long = json!({"command": "password", "password": "longer-than-twenty-bytes-of-a-key", "waitS": 20});
    let long = flow.ordered(long).await;
    assert_eq!(long.status, 422, "1.6 has no words for it: {}", long.body);
    let short = flow.ordered(json!({"command": "password", "password": "short"})).await;
    assert_eq!((short.status, short.body["error"]["path"].as_str()), (422, Some("/password")));
    assert!(may_come(&flow, Version::Ocpp16, OLD).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_station_wants_to_be_signed_is_signed_by_an_authority_of_ours() {
    for (version, trigger) in [
        (Version::Ocpp16, ("ExtendedTriggerMessage", json!({"requestedMessage": "SignChargePointCertificate"}))),
        (Version::Ocpp201, ("TriggerMessage", json!({"requestedMessage": "SignChargingStationCertificate"}))),
        (Version::Ocpp21, ("TriggerMessage", json!({"requestedMessage": "SignChargingStationCertificate"}))),
    ] {
        let server = TestServer::start().await;
        let api = server.api();
        // Its request has this name.
        let settings = StationSettings::new(&server.ocpp, "AMPRULE-SIM", version);
        let (station, whole) = SimStation::connect_whole(settings).await.expect("the station connects");
        station.boot().await.expect("the station boots");
        let (action, payload) = trigger;
        let body = json!({"command": "request", "action": action, "payload": payload});
        api.post("/api/v1/stations/AMPRULE-SIM/commands", &body).ok();
        let signed = until("it is signed", || {
            let commands = api.all("/api/v1/commands");
            commands
                .into_iter()
                .find(|command| command["command"] == "certificate-signed" && command["state"] == "answered")
        })
        .await;
        assert_eq!(
            (&signed["origin"], &signed["answer"]["status"]),
            (&json!("server"), &json!("Accepted")),
            "{signed}"
        );
        let chain = signed["chain"].as_str().expect("a chain");
        assert_eq!(chain.matches("BEGIN CERTIFICATE").count(), 1, "the authority's own is a root");
        assert!(server.path("data/certificates/authority.pem").exists());
        assert!(whole.requests().iter().any(|(asked, _)| asked == "CertificateSigned"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_under_another_name_is_rejected_and_a_program_may_sign() {
    let flow = Flow::of(Version::Ocpp201).await;
    let csr = "-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----";
    for asked in [json!({"csr": csr}), json!({"csr": csr, "certificateType": "V2GCertificate"})] {
        let answer = flow.station.call("SignCertificate", asked).await.expect("an answer");
        assert_eq!(answer["status"], "Rejected");
    }
    let is_told = || flow.server.log().contains("is not signed: the request cannot be read").then_some(());
    until("it is told", is_told).await;

    let signer = "cat > asked.txt; echo \"$AMPRULE_STATION $AMPRULE_USAGE\" >> asked.txt; echo '-----BEGIN CERTIFICATE-----'; echo MIIB; echo '-----END CERTIFICATE-----'";
    let config = format!("[certificates]\nsign_with = [\"/bin/sh\", \"-c\", {}]\n", json!(signer));
    let server = Setup::default().config(&config).start().await;
    let mut wire = server.station("cs-9", "ocpp2.0.1").await;
    wire.call("BootNotification", station201::boot()).await;
    let asked = json!({"csr": csr, "certificateType": "V2GCertificate"});
    assert_eq!(wire.call("SignCertificate", asked).await["status"], "Accepted");
    let (id, action, payload) = wire.next_call().await;
    assert_eq!((action.as_str(), &payload["certificateType"]), ("CertificateSigned", &json!("V2GCertificate")));
    assert!(payload["certificateChain"].as_str().expect("a chain").contains("MIIB"), "{payload}");
    wire.reply(&id, json!({"status": "Accepted"})).await;
}

/// The door decides: whoever would be let in again as it came is not cut off.
#[tokio::test(flavor = "multi_thread")]
async fn what_an_operator_enters_cuts_off_who_would_not_be_let_in_again() {
    let server = TestServer::start().await;
    let api = server.api();
    for (id, comes_with, entered, stays) in [
        ("cs-1", None, json!({"certificateName": "SN4711"}), true),
        ("cs-2", None, json!({"certificateName": null}), true),
        ("cs-3", None, json!({"password": OLD}), false),
        ("cs-4", Some(OLD), json!({"password": OLD}), true),
        ("cs-5", Some(OLD), json!({"password": OLD, "securityProfile": 1}), true),
        ("cs-6", Some(OLD), json!({"password": NEW}), false),
        ("cs-7", Some(OLD), json!({"password": OLD, "securityProfile": 2}), false),
        ("cs-8", None, json!({"provisioning": "rejected"}), false),
    ] {
        let connected = Wire::try_connect_as(&server.ocpp, id, &["ocpp2.0.1"], comes_with).await;
        let mut wire = connected.expect("nobody has entered it");
        wire.call("BootNotification", station201::boot()).await;
        api.put(&format!("/api/v1/stations/{id}"), &entered).ok();
        if stays {
            wire.call("Heartbeat", json!({})).await;
        } else {
            wire.closed().await;
        }
        wire.close().await;
        let again = Wire::try_connect_as(&server.ocpp, id, &["ocpp2.0.1"], comes_with).await;
        assert_eq!(again.is_ok(), stays || id == "cs-8", "{id}: the same at the door, which lets rejected ones in");
    }
}

/// A station that asks for two certificates at once has both, though signing takes its time; of one kind the newest counts.
#[tokio::test(flavor = "multi_thread")]
async fn every_request_that_was_accepted_is_signed() {
    let signer =
        "cat >> asked.txt; sleep 1; echo '-----BEGIN CERTIFICATE-----'; echo MIIB; echo '-----END CERTIFICATE-----'";
    let config = format!("[certificates]\nsign_with = [\"/bin/sh\", \"-c\", {}]\n", json!(signer));
    let server = Setup::default().config(&config).start().await;
    let mut wire = server.station("cs-9", "ocpp2.0.1").await;
    wire.call("BootNotification", station201::boot()).await;
    let kinds = ["ChargingStationCertificate", "V2GCertificate", "V2GCertificate"];
    for (at, kind) in kinds.into_iter().enumerate() {
        let asked = json!({"csr": format!("request {at}\n"), "certificateType": kind});
        assert_eq!(wire.call("SignCertificate", asked).await["status"], "Accepted");
    }
    for kind in &kinds[..2] {
        let (id, action, payload) = wire.next_call().await;
        assert_eq!((action.as_str(), &payload["certificateType"]), ("CertificateSigned", &json!(kind)));
        wire.reply(&id, json!({"status": "Accepted"})).await;
    }
    let asked = std::fs::read_to_string(server.path("asked.txt")).expect("the program was asked");
    assert_eq!(asked.replace('\n', ""), "request 0request 2");
}

/// Neither an error of the protocol nor a connection: as the certification cases want it, or as OCPP-J says.
#[tokio::test(flavor = "multi_thread")]
async fn unknown_versions_are_refused_or_closed() {
    let server = TestServer::start().await;
    let refused = Wire::try_connect(&server.ocpp, "cs-1", &["ocpp1.5", "soap"]).await.expect_err("no upgrade");
    assert!(refused.to_string().contains("400"), "{refused}");
    let server = Setup::default().config("[ocpp]\nunknown_versions = \"close\"\n").start().await;
    assert!(
        Wire::try_connect(&server.ocpp, "cs-1", &["ocpp1.5"]).await.is_err(),
        "a client sees that nothing was agreed to"
    );
    let logged = until("it is told", || {
        let log = server.log();
        log.contains("offers no OCPP version that is served").then_some(Value::from(log))
    })
    .await;
    assert!(logged.is_string());
}
