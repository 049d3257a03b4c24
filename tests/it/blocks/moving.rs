//! Block B10: a station is led to another system. It went, or it fell back; whichever, nobody has lost it.

use amprule_simulator::Version;
use amprule_tests::{Management, TestServer, Wire, station201, until};
use serde_json::{Value, json};

use super::{Flow, ID};

/// Nobody listens there.
const NOWHERE: &str = "ws://127.0.0.1:1";

fn id_of(ordered: &Value) -> String {
    ordered["id"].as_str().expect("an id").to_owned()
}

async fn until_over(api: &Management, id: &str) -> Value {
    let command = || Some(api.get(&format!("/api/v1/commands/{id}")).ok());
    until("the command is over", || command().filter(|command| command["endedAt"].is_string())).await
}

impl Flow {
    async fn moved(&self, body: Value) -> String {
        let mut body = body;
        body["command"] = json!("move");
        id_of(&self.ordered(body).await.ok())
    }

    fn asked_for(&self) -> Vec<String> {
        self.whole.requests().into_iter().map(|(action, _)| action).collect()
    }

    fn slots(&self) -> (Option<String>, Option<String>) {
        let variable = |name: &str| self.whole.variable("OCPPCommCtrlr", name);
        (variable("ActiveNetworkProfile"), variable("NetworkConfigurationPriority"))
    }
}

fn is_connected(api: &Management) -> bool {
    let station = api.get(&format!("/api/v1/stations/{ID}"));
    station.status == 200 && station.body["connected"] == true
}

const STEPS: [&str; 5] = ["GetVariables", "SetNetworkProfile", "GetTransactionStatus", "SetVariables", "Reset"];

#[tokio::test(flavor = "multi_thread")]
async fn a_station_goes_to_another_system_and_is_not_seen_any_more() {
    for version in [Version::Ocpp201, Version::Ocpp21] {
        let other = TestServer::start().await;
        let mut flow = Flow::of(version).await;
        let id = flow.moved(json!({"url": other.ocpp, "goneAfterS": 5})).await;
        let there = other.api();
        until("it has come there", || is_connected(&there).then_some(())).await;
        assert_eq!(flow.asked_for(), STEPS);
        let waits = flow.api.get(&format!("/api/v1/commands/{id}")).ok();
        assert_eq!((&waits["state"], &waits["step"], &waits["profile"]), (&json!("sent"), &json!("return"), &json!(0)));
        if version == Version::Ocpp21 {
            // What is waited for is on disk.
            flow.server.kill();
            flow.server.restart();
            flow.api = flow.server.api();
        }
        let over = until_over(&flow.api, &id).await;
        assert_eq!((&over["state"], &over["answer"]["verdict"]), (&json!("answered"), &json!("accepted")), "{over}");
        assert!(over["why"].as_str().is_some_and(|why| why.contains("was not back within 5 s")), "{over}");
        assert!(!is_connected(&flow.api) && is_connected(&there));
        let list = (Some("2".to_owned()), Some("2,1".to_owned()));
        assert_eq!(flow.slots(), list, "the slot that leads here comes second");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_station_that_cannot_connect_there_comes_back_and_stays() {
    for version in [Version::Ocpp201, Version::Ocpp21] {
        let flow = Flow::of(version).await;
        let id = flow.moved(json!({"url": NOWHERE})).await;
        let over = until_over(&flow.api, &id).await;
        assert_eq!(over["state"], "given-up", "{over}");
        assert!(over["why"].as_str().is_some_and(|why| why.contains("come back with slot 1")), "{over}");
        let put_back = || {
            let commands = flow.api.all("/api/v1/commands");
            commands.into_iter().find(|one| one["command"] == "set-variables" && one["state"] == "answered")
        };
        let put_back = until("its list is put back", put_back).await;
        assert_eq!((&put_back["origin"], &put_back["settings"][0]["value"]), (&json!("server"), &json!("1")));
        flow.ordered(json!({"command": "reset", "waitS": 20})).await.ok();
        until("it starts anew", || (flow.slots().1.as_deref() == Some("1")).then_some(())).await;
        until("it is here again", || is_connected(&flow.api).then_some(())).await;
        assert_eq!(flow.slots().0.as_deref(), Some("1"));
    }
}

/// A new name for the same system is reached by a slot of its own, and leads here.
#[tokio::test(flavor = "multi_thread")]
async fn a_station_may_come_here_by_another_address() {
    let flow = Flow::of(Version::Ocpp201).await;
    let by_name = flow.server.ocpp.replace("127.0.0.1", "localhost");
    let id = flow.moved(json!({"url": by_name, "slot": 3})).await;
    let over = until_over(&flow.api, &id).await;
    assert_eq!((&over["state"], &over["answer"]["verdict"]), (&json!("answered"), &json!("accepted")), "{over}");
    assert_eq!(flow.slots(), (Some("3".to_owned()), Some("3,1".to_owned())));
    assert!(is_connected(&flow.api));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_cannot_be_led_elsewhere_is_not_asked() {
    let old = Flow::of(Version::Ocpp16).await;
    let new = Flow::of(Version::Ocpp201).await;
    new.api.put(&format!("/api/v1/stations/{ID}"), &json!({"securityProfile": 0})).ok();
    let cases = [
        (&old, json!({"url": NOWHERE}), "/command", "a configuration key of their own"),
        (&new, json!({"url": NOWHERE, "identity": "cs-9"}), "/identity", "is not a member here"),
        (&new, json!({"url": "wss://other.example.com"}), "/profile", "name the other system's `profile`"),
        (&new, json!({"url": NOWHERE, "interface": "Cable"}), "/interface", "Wired0"),
        (
            &new,
            json!({"url": NOWHERE, "apn": {"apn": "sim", "apnAuthentication": "ANY"}}),
            "/apn/apnAuthentication",
            "AUTO",
        ),
    ];
    for (flow, mut body, path, says) in cases {
        body["command"] = json!("move");
        let refused = flow.ordered(body).await;
        assert_eq!((refused.status, refused.body["error"]["path"].as_str()), (422, Some(path)), "{}", refused.text);
        assert!(refused.text.contains(says), "{}", refused.text);
        assert!(flow.asked_for().is_empty());
    }
}

/// A station of 2.x of which each answer can be chosen.
struct Played {
    server: TestServer,
    api: Management,
    wire: Wire,
    id: String,
}

impl Played {
    async fn of(protocol: &str, body: Value) -> Self {
        let server = TestServer::start().await;
        let api = server.api();
        let mut wire = server.station(ID, protocol).await;
        wire.call("BootNotification", station201::boot()).await;
        let mut body = body;
        body["command"] = json!("move");
        let id = id_of(&api.post(&format!("/api/v1/stations/{ID}/commands"), &body).ok());
        Self { server, api, wire, id }
    }

    /// As a station does that has one slot and nothing to tell, up to this action, whose payload this gives.
    async fn until_asked(&mut self, last: &str) -> (String, Value) {
        loop {
            let (call, action, payload) = self.wire.next_call().await;
            if action == last {
                return (call, payload);
            }
            self.wire.reply(&call, answer(&action, &payload)).await;
        }
    }

    fn command(&self) -> Value {
        self.api.get(&format!("/api/v1/commands/{}", self.id)).ok()
    }

    async fn until_at(&self, step: &str) {
        until("it is at this step", || (self.command()["step"] == step).then_some(())).await;
    }

    async fn comes_back(&mut self, boots: bool) {
        self.wire = self.server.station(ID, "ocpp2.0.1").await;
        let (action, payload) = if boots { ("BootNotification", station201::boot()) } else { ("Heartbeat", json!({})) };
        self.wire.call(action, payload).await;
    }

    /// The list that it is told next.
    async fn told_list(&mut self) -> Value {
        let (call, payload) = self.until_asked("SetVariables").await;
        self.wire.reply(&call, set(&payload, "Accepted")).await;
        payload["setVariableData"][0]["attributeValue"].clone()
    }
}

fn set(asked: &Value, status: &str) -> Value {
    let item = &asked["setVariableData"][0];
    let result = json!({"attributeStatus": status, "component": item["component"], "variable": item["variable"]});
    json!({"setVariableResult": [result]})
}

fn answer(action: &str, payload: &Value) -> Value {
    let told = |asked: &Value| {
        let (component, variable) = (&asked["component"], &asked["variable"]);
        match variable["name"].as_str() {
            Some("NetworkConfigurationPriority") => {
                json!({"attributeStatus": "Accepted", "attributeValue": "1", "component": component, "variable": variable})
            }
            // Some do not have it.
            _ => json!({"attributeStatus": "UnknownVariable", "component": component, "variable": variable}),
        }
    };
    match action {
        "GetVariables" => {
            let asked = payload["getVariableData"].as_array().expect("variables");
            json!({"getVariableResult": asked.iter().map(told).collect::<Vec<_>>()})
        }
        "GetTransactionStatus" => json!({"messagesInQueue": false}),
        "SetVariables" => set(payload, "RebootRequired"),
        _ => json!({"status": "Accepted"}),
    }
}

/// The line is cut while it waits for a car, and somebody thinks better of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_station_that_waits_for_a_car_may_come_and_go_and_be_kept() {
    let mut played = Played::of("ocpp2.0.1", json!({"url": NOWHERE, "goneAfterS": 3600})).await;
    let (call, _) = played.until_asked("Reset").await;
    played.wire.reply(&call, json!({"status": "Scheduled"})).await;
    played.until_at("return").await;
    let waits = played.command()["expiresAt"].clone();
    let wire = played.server.station(ID, "ocpp2.0.1").await;
    std::mem::replace(&mut played.wire, wire).close().await;
    played.wire.call("Heartbeat", json!({})).await;
    assert_eq!((&played.command()["state"], &played.command()["step"]), (&json!("sent"), &json!("return")));
    assert!(waits.is_string());
    let withdrawn = played.api.delete(&format!("/api/v1/commands/{}", played.id)).ok();
    assert!(withdrawn["endedAt"].is_string(), "{withdrawn}");
    assert_eq!(played.told_list().await, "1", "it stays, whenever it restarts");
}

/// A station that looks at its slots of the last start only refuses the new one in its list.
#[tokio::test(flavor = "multi_thread")]
async fn a_refused_step_is_the_end_and_the_list_is_put_back() {
    let mut played = Played::of("ocpp2.0.1", json!({"url": NOWHERE})).await;
    let (call, payload) = played.until_asked("SetVariables").await;
    assert_eq!(payload["setVariableData"][0]["attributeValue"], "2,1");
    played.wire.reply(&call, set(&payload, "Rejected")).await;
    let over = until_over(&played.api, &played.id).await;
    assert_eq!(over["state"], "given-up");
    assert!(
        over["why"].as_str().is_some_and(|why| why.contains("refused to connect with the new slot first")),
        "{over}"
    );
    assert_eq!(played.told_list().await, "1");
}

/// It goes away with the list in its hands, and nobody knows what it has kept of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_station_whose_time_is_over_half_way_has_its_list_put_back() {
    let mut played = Played::of("ocpp2.0.1", json!({"url": NOWHERE, "expiresInS": 3})).await;
    played.until_asked("SetVariables").await;
    let wire = std::mem::replace(&mut played.wire, played.server.station("cs-2", "ocpp2.0.1").await);
    wire.close().await;
    let over = until_over(&played.api, &played.id).await;
    assert_eq!(over["state"], "timed-out", "{over}");
    played.comes_back(false).await;
    assert_eq!(played.told_list().await, "1");
}

/// It restarts over the reset, without an answer, and does not say which slot it has come back with.
#[tokio::test(flavor = "multi_thread")]
async fn a_station_that_does_not_tell_its_slot_has_fallen_back() {
    let mut played = Played::of("ocpp2.0.1", json!({"url": NOWHERE})).await;
    played.until_asked("Reset").await;
    played.comes_back(true).await;
    let (call, payload) = played.until_asked("GetVariables").await;
    assert_eq!(payload["getVariableData"][0]["variable"]["name"], "ActiveNetworkProfile");
    played.wire.reply(&call, answer("GetVariables", &payload)).await;
    let over = until_over(&played.api, &played.id).await;
    assert!(over["why"].as_str().is_some_and(|why| why.contains("could not connect to ws://127.0.0.1:1")), "{over}");
    assert_eq!((&over["state"], played.told_list().await), (&json!("given-up"), json!("1")));
}

/// What it still has to tell would be lost to us, or be told to somebody who knows nothing of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_station_with_messages_for_us_is_not_led_away() {
    let password = "another-password";
    let body = json!({"url": NOWHERE, "identity": "cs-9", "password": password, "apn": {"apn": "sim", "apnPassword": "p", "apnAuthentication": "AUTO"}});
    let mut played = Played::of("ocpp2.1", body).await;
    let (call, payload) = played.until_asked("SetNetworkProfile").await;
    let data = &payload["connectionData"];
    assert_eq!((&data["identity"], &data["basicAuthPassword"]), (&json!("cs-9"), &json!(password)));
    assert_eq!((&data["ocppInterface"], &data["apn"]["apnPassword"]), (&json!("Wireless0"), &json!("p")));
    played.wire.reply(&call, json!({"status": "Accepted"})).await;
    let (call, _) = played.until_asked("GetTransactionStatus").await;
    played.wire.reply(&call, json!({"messagesInQueue": true})).await;
    let waits = until("it is asked later", || {
        Some(played.command()).filter(|command| command["state"] == "queued" && command["step"] == "queue")
    })
    .await;
    assert!(waits["nextTryAt"].is_string(), "{waits}");
    assert_eq!((&waits["password"], &waits["apn"]["apnPassword"]), (&json!("***"), &json!("***")), "{waits}");
    assert!(!waits.to_string().contains(password));
    played.api.delete(&format!("/api/v1/commands/{}", played.id)).ok();
    let log = json!({"command": "request", "action": "ClearCache"});
    played.api.post(&format!("/api/v1/stations/{ID}/commands"), &log).ok();
    let (call, action, _) = played.wire.next_call().await;
    assert_eq!(action, "ClearCache", "nothing was told yet, so nothing is put back");
    played.wire.reply(&call, json!({"status": "Accepted"})).await;
}
