//! Block A05: stations are moved to a higher security profile, and never let in with a lower one afterwards.

use amprule_simulator::{SimStation, StationSettings, Version};
use amprule_tests::{Management, Setup, TestServer, Wire, station16, station201, until};
use serde_json::{Value, json};

use super::Client;
use super::pki::{Authority, Kind, request};

const ID: &str = "cs-1";
const PASSWORD: &str = "a-password-of-16";

/// A server with a plain address and an encrypted one, and a station that comes with its password.
struct House {
    server: TestServer,
    api: Management,
    authority: Authority,
}

impl House {
    async fn new(profile: u8) -> Self {
        let authority = Authority::new("Roots of a test");
        let own = authority.server(Kind::Ecdsa, (-1, 400));
        let config = "[ocpp.tls]\nlisten = \"127.0.0.1:0\"\ncertificate = \"server.pem\"\nkey = \"server.key\"\n\
                      station_roots = [\"data/certificates/authority.pem\"]\n";
        let setup = Setup::default().config(config).file("server.pem", &own.certificate).file("server.key", &own.key);
        let server = setup.start().await;
        let api = server.api();
        api.put(&format!("/api/v1/stations/{ID}"), &json!({"securityProfile": profile, "password": PASSWORD})).ok();
        Self { server, api, authority }
    }

    fn tls(&self) -> &str {
        self.server.tls.as_deref().expect("TLS has an address of its own")
    }

    fn order(&self, body: Value) -> amprule_tests::Response {
        self.api.post(&format!("/api/v1/stations/{ID}/commands"), &body)
    }

    /// The command's id.
    fn moved_to(&self, body: Value) -> String {
        self.order(body).ok()["id"].as_str().expect("an id").to_owned()
    }

    fn command(&self, id: &str) -> Value {
        self.api.get(&format!("/api/v1/commands/{id}")).ok()
    }

    fn station(&self) -> Value {
        self.api.get(&format!("/api/v1/stations/{ID}")).ok()
    }

    async fn until_over(&self, id: &str) -> Value {
        until("the command is over", || Some(self.command(id)).filter(|command| command["endedAt"].is_string())).await
    }

    async fn plain(&self, protocol: &str) -> Result<Wire, String> {
        let connected = Wire::try_connect_as(&self.server.ocpp, ID, &[protocol], Some(PASSWORD)).await;
        connected.map_err(|error| error.to_string())
    }
}

/// Answers the server's calls as a station of 2.x with one slot does, the restart included. Gives their actions.
async fn plays(wire: &mut Wire, allows_lower: bool) -> Vec<String> {
    let mut heard = Vec::new();
    loop {
        let (id, action, payload) = wire.next_call().await;
        let is_last = action == "Reset";
        let answer = answer(&action, &payload, allows_lower);
        wire.reply(&id, answer).await;
        heard.push(action);
        if is_last {
            return heard;
        }
    }
}

fn answer(action: &str, payload: &Value, allows_lower: bool) -> Value {
    match action {
        "GetVariables" => {
            let told = |asked: &Value| {
                let value = if asked["variable"]["name"] == "NetworkConfigurationPriority" {
                    json!("1")
                } else {
                    json!(allows_lower.to_string())
                };
                let (component, variable) = (&asked["component"], &asked["variable"]);
                json!({"attributeStatus": "Accepted", "attributeValue": value, "component": component, "variable": variable})
            };
            let asked = payload["getVariableData"].as_array().expect("variables");
            json!({"getVariableResult": asked.iter().map(told).collect::<Vec<_>>()})
        }
        "GetInstalledCertificateIds" => {
            let hash =
                json!({"hashAlgorithm": "SHA256", "issuerNameHash": "a", "issuerKeyHash": "b", "serialNumber": "1"});
            let chain = json!({"certificateType": "CSMSRootCertificate", "certificateHashData": hash});
            json!({"status": "Accepted", "certificateHashDataChain": [chain]})
        }
        "SetVariables" => {
            let asked = &payload["setVariableData"][0];
            assert_eq!(asked["attributeValue"], "2,1", "the new slot comes first");
            let (component, variable) = (&asked["component"], &asked["variable"]);
            json!({"setVariableResult": [{"attributeStatus": "RebootRequired", "component": component, "variable": variable}]})
        }
        _ => json!({"status": "Accepted"}),
    }
}

const STEPS: [&str; 5] = ["GetVariables", "GetInstalledCertificateIds", "SetNetworkProfile", "SetVariables", "Reset"];

#[tokio::test(flavor = "multi_thread")]
async fn a_station_is_moved_to_encrypted_connections_and_is_not_let_in_without() {
    let house = House::new(1).await;
    let mut wire = house.plain("ocpp2.0.1").await.expect("it is let in");
    wire.call("BootNotification", station201::boot()).await;
    let events = house.api.events();
    let without = house.order(json!({"command": "security-profile", "profile": 2}));
    assert_eq!((without.status, &without.body["error"]["path"]), (422, &json!("/url")), "{}", without.text);
    let id = house.moved_to(json!({"command": "security-profile", "profile": 2, "url": house.tls()}));
    assert_eq!(plays(&mut wire, false).await, STEPS);
    until("it is let in with either", || (house.station()["changesProfileTo"] == 2).then_some(())).await;
    // It was cut off and has not restarted yet; an own connection of the old kind decides nothing.
    wire.close().await;
    let mut old = house.plain("ocpp2.0.1").await.expect("the old one counts until the new one was shown");
    old.call("Heartbeat", json!({})).await;
    assert_eq!((&house.command(&id)["state"], &house.command(&id)["step"]), (&json!("sent"), &json!("return")));
    old.close().await;
    let client = Client::new(&house.authority);
    let mut wire = client.connect(house.tls(), ID, Some(PASSWORD)).await.expect("with the new one");
    wire.call("BootNotification", station201::boot()).await;
    let over = house.until_over(&id).await;
    assert_eq!((&over["state"], &over["answer"]["verdict"]), (&json!("answered"), &json!("accepted")), "{over}");
    events.until(&["station.security-profile", "\"state\":\"told\"", "\"state\":\"changed\""]).await;
    let station = house.station();
    assert_eq!((&station["securityProfile"], &station["changesProfileTo"]), (&json!(2), &json!(null)));
    assert!(house.plain("ocpp2.0.1").await.expect_err("A05.FR.07").contains("401"));
    let again = house.order(json!({"command": "security-profile", "profile": 2, "url": house.tls()}));
    assert!(again.text.contains("has security profile 2 already"), "{}", again.text);
    let lower = house.api.put(&format!("/api/v1/stations/{ID}"), &json!({"location": "Yard"})).ok();
    assert_eq!(lower["securityProfile"], 2, "what is not given stays");
}

/// 1.6 has one setting for it, and reconnects by itself; some want a restart.
#[tokio::test(flavor = "multi_thread")]
async fn a_station_of_1_6_is_moved_by_its_setting() {
    for status in ["Accepted", "RebootRequired"] {
        let house = House::new(1).await;
        let mut wire = house.plain("ocpp1.6").await.expect("it is let in");
        wire.call("BootNotification", station16::boot()).await;
        let slots = house.order(json!({"command": "security-profile", "profile": 2, "url": house.tls()}));
        assert!(slots.text.contains("keeps its address"), "{}", slots.text);
        let id = house.moved_to(json!({"command": "security-profile", "profile": 2}));
        let (call, action, payload) = wire.next_call().await;
        assert_eq!((action.as_str(), payload), ("GetConfiguration", json!({"key": ["SecurityProfile"]})));
        wire.reply(&call, json!({"configurationKey": [{"key": "SecurityProfile", "readonly": false, "value": "1"}]}))
            .await;
        let (call, action, _) = wire.next_call().await;
        assert_eq!(action, "GetInstalledCertificateIds");
        // It cannot be asked: it may have one all the same.
        wire.refuse(&call, "NotSupported", "").await;
        let (call, action, payload) = wire.next_call().await;
        assert_eq!(
            (action.as_str(), payload),
            ("ChangeConfiguration", json!({"key": "SecurityProfile", "value": "2"}))
        );
        wire.reply(&call, json!({"status": status})).await;
        if status == "RebootRequired" {
            let (call, action, payload) = wire.next_call().await;
            assert_eq!((action.as_str(), payload), ("Reset", json!({"type": "Soft"})));
            wire.reply(&call, json!({"status": "Accepted"})).await;
        }
        until("it waits", || (house.command(&id)["step"] == "return").then_some(())).await;
        wire.close().await;
        let client = Client::new(&house.authority);
        client.speak(house.tls(), ID, Some(PASSWORD), "ocpp1.6").await.expect("with the new one").close().await;
        assert_eq!(house.until_over(&id).await["state"], "answered");
        assert_eq!(house.station()["securityProfile"], 2);
    }
}

/// The simulated station knows no TLS: it tries the new slot, comes back with the old one, and stays where it was.
#[tokio::test(flavor = "multi_thread")]
async fn a_station_that_comes_back_with_the_old_profile_keeps_it() {
    for version in [Version::Ocpp201, Version::Ocpp21] {
        let house = House::new(1).await;
        let settings = StationSettings::new(&house.server.ocpp, ID, version).password(PASSWORD);
        let (station, whole) = SimStation::connect_whole(settings).await.expect("the station connects");
        station.boot().await.expect("the station boots");
        let ask =
            || house.moved_to(json!({"command": "security-profile", "profile": 2, "url": "wss://localhost:1/ocpp"}));
        let without = house.until_over(&ask()).await;
        assert_eq!(without["state"], "given-up");
        assert!(without["why"].as_str().expect("why").contains("no root certificate"), "{without}");
        let root = json!({"certificateType": "CSMSRootCertificate", "certificate": house.authority.pem()});
        let installs = json!({"command": "request", "action": "InstallCertificate", "payload": root, "waitS": 20});
        assert_eq!(house.order(installs).ok()["answer"]["status"], "Accepted");
        let over = house.until_over(&ask()).await;
        assert_eq!(over["state"], "given-up", "{over}");
        assert!(over["why"].as_str().expect("why").contains("come back with security profile 1"), "{over}");
        let shown = house.station();
        assert_eq!((&shown["securityProfile"], &shown["changesProfileTo"]), (&json!(1), &json!(null)));
        // Its list of slots is what it was, so that it does not change by itself some day.
        until("the list is put back", || {
            let commands = house.api.all("/api/v1/commands");
            commands.into_iter().find(|one| one["command"] == "set-variables" && one["answer"]["verdict"] == "accepted")
        })
        .await;
        let requests = whole.requests();
        let lists = requests.iter().filter(|(action, _)| action == "SetVariables");
        let lists: Vec<_> = lists.map(|(_, asked)| asked["setVariableData"][0]["attributeValue"].clone()).collect();
        assert_eq!(lists, ["2,1", "1"]);
        house.plain(version.subprotocol()).await.expect("the old one counts").close().await;
        assert!(house.server.log().contains("does not get the new security profile"));
    }
}

/// With a certificate of ours, and down again where the station allows it. A restart of the server in between changes nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_station_gets_a_certificate_and_then_the_profile_for_it() {
    let mut house = House::new(2).await;
    let authority = Authority::new("Nobody's");
    let client = Client::new(&house.authority);
    let mut wire = client.connect(house.tls(), ID, Some(PASSWORD)).await.expect("it is let in");
    wire.call("BootNotification", station201::boot()).await;
    let up = json!({"command": "security-profile", "profile": 3, "url": house.tls()});
    let early = house.order(up.clone());
    assert!(early.status == 422 && early.text.contains("sign-certificate"), "{}", early.text);

    let (csr, key) = request(ID);
    // Without a type it is for both sides; the answer has none either.
    assert_eq!(wire.call("SignCertificate", json!({"csr": csr})).await["status"], "Accepted");
    let (call, action, payload) = wire.next_call().await;
    assert_eq!((action.as_str(), payload.get("certificateType")), ("CertificateSigned", None));
    let certificate = payload["certificateChain"].as_str().expect("a chain").to_owned();
    let own = super::Pair { certificate, key };
    wire.reply(&call, json!({"status": "Accepted"})).await;
    let known = until("it is known", || {
        let held = house.api.all(&format!("/api/v1/stations/{ID}/certificates"));
        held.into_iter().find(|held| held["id"] == "ChargingStationCertificate")
    })
    .await;
    assert!(known["signed"]["expiresAt"].is_string(), "{known}");

    let id = house.moved_to(up);
    assert_eq!(plays(&mut wire, false).await, STEPS);
    until("it waits", || (house.command(&id)["step"] == "return").then_some(())).await;
    house.server.stop();
    house.server.restart();
    house.api = house.server.api();
    let address = house.tls().to_owned();
    let stranger = authority.station(ID, (-1, 10));
    Client::new(&house.authority).with(&stranger).connect(&address, ID, None).await.expect_err("nobody we know");
    let client = Client::new(&house.authority).with(&own);
    let mut wire = client.connect(&address, ID, None).await.expect("with its certificate");
    wire.call("BootNotification", station201::boot()).await;
    assert_eq!(house.until_over(&id).await["state"], "answered");
    assert_eq!(house.station()["securityProfile"], 3);
    let without = Client::new(&house.authority).connect(&address, ID, Some(PASSWORD)).await;
    assert!(without.expect_err("it is not let in with a password any more").contains("401"));
    let held = until("what it shows is known", || {
        let held = house.api.all(&format!("/api/v1/stations/{ID}/certificates"));
        held.into_iter().find(|held| held["inUse"].is_object())
    })
    .await;
    assert_eq!(held["inUse"]["serialNumber"], held["signed"]["serialNumber"], "{held}");

    let down = json!({"command": "security-profile", "profile": 2, "url": address});
    let refused = house.order(down.clone());
    assert!(refused.status == 422 && refused.text.contains("`lower`"), "{}", refused.text);
    for profile in [0, 1] {
        let body = json!({"command": "security-profile", "profile": profile, "lower": true, "url": address});
        assert_eq!(house.order(body).body["error"]["path"], "/profile", "to {profile} never");
    }
    let mut down = down;
    down["lower"] = json!(true);
    let id = house.moved_to(down.clone());
    let (call, action, payload) = wire.next_call().await;
    wire.reply(&call, answer(&action, &payload, false)).await;
    let over = house.until_over(&id).await;
    assert!(over["why"].as_str().expect("why").contains("does not allow a lower profile"), "{over}");
    let id = house.moved_to(down);
    assert_eq!(plays(&mut wire, true).await, STEPS);
    until("it waits", || (house.command(&id)["step"] == "return").then_some(())).await;
    wire.close().await;
    let client = Client::new(&house.authority);
    client.connect(&address, ID, Some(PASSWORD)).await.expect("with its password").close().await;
    assert_eq!(house.until_over(&id).await["state"], "answered");
    assert_eq!(house.station()["securityProfile"], 2);
}

/// What stations in the field answer: slots that they refuse, a list that they do not take until they restarted.
#[tokio::test(flavor = "multi_thread")]
async fn a_refused_step_is_the_end_of_it_and_says_which() {
    let house = House::new(1).await;
    let mut wire = house.plain("ocpp2.0.1").await.expect("it is let in");
    wire.call("BootNotification", station201::boot()).await;
    let rejected = json!({"status": "Rejected", "statusInfo": {"reasonCode": "InvalidConfSlot"}});
    let list = json!({"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "NetworkConfigurationPriority"}, "attributeStatus": "Rejected"});
    let cases = [
        ("SetNetworkProfile", rejected, "refused to take the new profile: Rejected (InvalidConfSlot)"),
        ("SetVariables", json!({"setVariableResult": [list]}), "refused to connect with the new slot first: Rejected"),
    ];
    for (at, refusal, why) in cases {
        let id = house.moved_to(json!({"command": "security-profile", "profile": 2, "url": house.tls()}));
        loop {
            let (call, action, payload) = wire.next_call().await;
            if action == at {
                wire.reply(&call, refusal).await;
                break;
            }
            wire.reply(&call, answer(&action, &payload, false)).await;
        }
        let over = house.until_over(&id).await;
        assert_eq!(
            (&over["state"], over["why"].as_str().is_some_and(|said| said.contains(why))),
            (&json!("given-up"), true),
            "{over}"
        );
        assert_eq!(house.station()["changesProfileTo"], json!(null));
        if at == "SetVariables" {
            // What it has refused is put back all the same: who knows what it kept.
            let (call, action, payload) = wire.next_call().await;
            assert_eq!(
                (action.as_str(), &payload["setVariableData"][0]["attributeValue"]),
                ("SetVariables", &json!("1"))
            );
            let result = json!({"attributeStatus": "Accepted", "component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "NetworkConfigurationPriority"}});
            wire.reply(&call, json!({"setVariableResult": [result]})).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_tls_moves_nobody() {
    let server = TestServer::start().await;
    let api = server.api();
    api.put(&format!("/api/v1/stations/{ID}"), &json!({"securityProfile": 1, "password": PASSWORD})).ok();
    let body = json!({"command": "security-profile", "profile": 2, "url": "wss://example.com"});
    let refused = api.post(&format!("/api/v1/stations/{ID}/commands"), &body);
    assert!(refused.status == 422 && refused.text.contains("[ocpp.tls]"), "{}", refused.text);
}
