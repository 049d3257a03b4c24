//! Block B: the device model, in 1.6 the configuration keys.

use amprule_simulator::Version;
use amprule_tests::until;
use serde_json::{Value, json};

use super::{Flow, ID};

impl Flow {
    async fn model(&self, body: Value) -> Vec<Value> {
        let api = self.api.clone();
        let asked = tokio::task::spawn_blocking(move || {
            api.post(&format!("/api/v1/stations/{ID}/device-model"), &body).ok()["commands"].clone()
        });
        asked.await.expect("the API answers").as_array().expect("commands").clone()
    }

    fn variable(&self, find: &str) -> Value {
        let held = self.api.get(&format!("/api/v1/stations/{ID}/device-model?find={find}")).ok();
        held["items"][0].clone()
    }

    fn value(&self, find: &str) -> Value {
        self.variable(find)["attributes"]["Actual"]["value"].clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_brings_the_model_and_its_bounds_cut_what_is_asked() {
    let flow = Flow::of(Version::Ocpp201).await;
    flow.ordered(json!({"command": "report", "waitS": 20})).await.ok();
    let ended = |reports: &[Value]| reports.first().is_some_and(|report| !report["endedAt"].is_null());
    let reports = flow.until_held("reports", "the report has ended", ended).await;
    let parts = reports[0]["pages"].as_object().expect("pages").len();
    assert!(parts > 1, "{reports:?}");
    assert_eq!(reports[0]["last"], parts - 1, "none is missing");
    let variables = flow.held("device-model");
    assert!(variables.len() > 50, "{}", variables.len());
    assert_eq!(flow.value("devicedatactrlr////itemspermessage/setvariables"), "16");

    let names: Vec<_> = variables.iter().map(|variable| variable["place"].clone()).take(40).collect();
    let commands = flow.model(json!({"get": names})).await;
    assert_eq!(commands.len(), 3, "forty variables, sixteen at once");
    until("all are answered", || flow.api.all("/api/v1/commands?open=true").is_empty().then_some(())).await;
    let asked: Vec<_> = flow.whole.requests().into_iter().filter(|(action, _)| action == "GetVariables").collect();
    let counts: Vec<_> =
        asked.iter().map(|(_, payload)| payload["getVariableData"].as_array().expect("data").len()).collect();
    assert_eq!(counts, [16, 16, 8]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_set_is_known_and_secrets_are_not() {
    let flow = Flow::of(Version::Ocpp201).await;
    let set = json!({"set": [
        {"component": "OCPPCommCtrlr", "variable": "HeartbeatInterval", "value": "120"},
        {"component": "SecurityCtrlr", "variable": "BasicAuthPassword", "value": "a-long-secret-of-ours"},
        {"component": "OCPPCommCtrlr", "variable": "NoSuchThing", "value": "1"},
    ]});
    let commands = flow.model(set).await;
    assert_eq!(commands.len(), 1, "{commands:?}");
    let path = format!("/api/v1/commands/{}", commands[0]["id"].as_str().expect("an id"));
    let command =
        until("it is answered", || Some(flow.api.get(&path).ok()).filter(|is| is["state"] == "answered")).await;
    assert_eq!(command["answer"]["status"], "Accepted, UnknownVariable", "{command}");
    assert_eq!(flow.value("heartbeatinterval"), "120");
    assert_eq!(flow.variable("nosuchthing")["attributes"]["Actual"]["unread"], "UnknownVariable");
    assert_eq!(flow.whole.variable("SecurityCtrlr", "BasicAuthPassword").as_deref(), Some("a-long-secret-of-ours"));
    let everything = [&command.to_string(), &json!(flow.held("device-model")).to_string(), &flow.server.log()]
        .map(|text| text.contains("a-long-secret"));
    assert_eq!(everything, [false; 3], "{command}");
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_of_1_6_are_variables_without_a_component() {
    let flow = Flow::of(Version::Ocpp16).await;
    flow.ordered(json!({"command": "report", "waitS": 20})).await.ok();
    assert!(flow.held("device-model").len() > 30);
    assert_eq!(flow.variable("getconfigurationmaxkeys")["attributes"]["Actual"]["mutability"], "ReadOnly");
    let set = json!({"set": [
        {"variable": "HeartbeatInterval", "value": "77"},
        {"variable": "NumberOfConnectors", "value": "9"},
        {"variable": "NoSuchKey", "value": "9"},
    ]});
    assert_eq!(flow.model(set).await.len(), 3, "each key by itself");
    until("all are answered", || flow.api.all("/api/v1/commands?open=true").is_empty().then_some(())).await;
    assert_eq!((flow.value("heartbeatinterval"), flow.value("numberofconnectors")), (json!("77"), json!("2")));
    assert_eq!(flow.variable("nosuchkey")["attributes"]["Actual"]["unread"], "NotSupported");
    let many: Vec<_> = (0..45).map(|n| json!({"variable": format!("Key{n}")})).collect();
    assert_eq!(flow.model(json!({"get": many})).await.len(), 3, "twenty at once");
}
