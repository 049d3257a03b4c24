//! Block I: what a driver sees is what the bill says, in every version that can show it.

use std::sync::Arc;

use amprule_simulator::{SimStation, StationSettings, Version, Whole};
use amprule_tests::station201::Event;
use amprule_tests::{Setup, TestServer, ago, units, until};
use serde_json::{Value, json};

use super::Flow;

/// A cent for each second, and fifty for each kWh.
const BY_TIME: &str = r#"fn price(session) {
    let time = line("charging-time", "Time", session.duration_s / 3600, "h", 36);
    let energy = line("energy", "Energy", session.energy_kwh, "kWh", 0.5);
    bill("EUR", [time, energy])
}
"#;

/// Fifty cents for each kWh.
const BY_ENERGY: &str = r#"fn price(session) {
    bill("EUR", [line("energy", "Energy", session.energy_kwh, "kWh", 0.5)])
}
"#;

async fn server(script: &str) -> TestServer {
    let manifest = units::manifest("tariff", "1.0.0", "pricing");
    let setup = Setup::default().file("scripts/tariff/plugin.toml", manifest).file("scripts/tariff/main.rhai", script);
    let server = setup.config("[stations]\ncost_every_s = 1\n").start().await;
    server.api().accept(&["AA1"]);
    server
}

impl Flow {
    /// A station that has said what it can.
    async fn shown(script: &str, version: Version) -> Self {
        let flow = Self::at(server(script).await, version).await;
        flow.report().await;
        flow
    }

    pub(super) async fn report(&self) {
        self.ordered(json!({"command": "report", "waitS": 20})).await.ok();
        self.until_held("device-model?find=cost", "its device model is known", |held| !held.is_empty()).await;
        self.until_held("reports", "all of it is told", |held| held.iter().all(|report| !report["endedAt"].is_null()))
            .await;
    }

    fn told(&self, transaction: &str) -> Option<f64> {
        told(&self.whole, transaction)
    }

    /// Of the one session.
    fn total(&self) -> f64 {
        let total = self.api.sessions(super::ID)[0]["total"].as_str().map(str::to_owned);
        total.and_then(|total| total.parse().ok()).expect("it has a price")
    }

    fn sent(&self, action: &str) -> Vec<Value> {
        sent(&self.whole, action)
    }
}

fn told(whole: &Whole, transaction: &str) -> Option<f64> {
    whole.costs().into_iter().find(|(known, _)| known == transaction).map(|(_, cost)| cost)
}

fn sent(whole: &Whole, action: &str) -> Vec<Value> {
    whole.requests().into_iter().filter(|(known, _)| known == action).map(|(_, payload)| payload).collect()
}

/// Of a message that has it in a text.
fn data(transfer: &Value) -> Value {
    serde_json::from_str(transfer["data"].as_str().expect("a text")).expect("JSON")
}

/// Another station there.
async fn station(server: &TestServer, id: &str, version: Version) -> (SimStation, Arc<Whole>) {
    let settings = StationSettings::new(&server.ocpp, id, version);
    let (station, whole) = SimStation::connect_whole(settings).await.expect("the station connects");
    station.boot().await.expect("the station boots");
    (station, whole)
}

async fn begin16(station: &SimStation) -> i64 {
    let start = json!({"connectorId": 1, "idTag": "AA1", "meterStart": 0, "timestamp": ago(3)});
    let answer = station.call("StartTransaction", start).await.expect("it is taken");
    answer["transactionId"].as_i64().expect("a number")
}

/// Nothing is said by the station, and its display goes on; at the end it is the bill to the cent, and nothing follows.
#[tokio::test(flavor = "multi_thread")]
async fn a_running_cost_is_told_though_the_station_is_silent() {
    for version in [Version::Ocpp201, Version::Ocpp21] {
        let flow = Flow::shown(BY_TIME, version).await;
        let say = async |event: Value| flow.station.call("TransactionEvent", event).await.expect("it is taken");
        say(Event::started("t-1", "AA1", 0, &ago(5)).payload()).await;
        let first = until("it is told", || flow.told("t-1")).await;
        until("it is told more", || flow.told("t-1").filter(|cost| *cost > first)).await;
        let answer = say(Event::updated("t-1", 1, 1_000, &ago(1)).payload()).await;
        assert!(answer["totalCost"].as_f64().is_some_and(|cost| cost >= 0.5), "{answer}");
        let answer = say(Event::ended("t-1", 2, 2_000, &ago(0)).payload()).await;
        let last = flow.sent("CostUpdated").len();
        assert_eq!(answer["totalCost"].as_f64(), Some(flow.total()), "{answer}");
        say(Event::started("t-2", "AA1", 2_000, &ago(0)).payload()).await;
        until("the next one is told", || flow.told("t-2")).await;
        let later = &flow.sent("CostUpdated")[last..];
        assert!(later.iter().all(|cost| cost["transactionId"] == "t-2"), "{later:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_station_of_the_old_version_is_told_by_messages_of_its_own() {
    let flow = Flow::at(server(BY_TIME).await, Version::Ocpp16).await;
    flow.whole.set("", "CustomDisplayCostAndPrice", "true");
    flow.report().await;
    let number = begin16(&flow.station).await;
    let first = until("it is told", || flow.told(&number.to_string())).await;
    until("it is told more", || flow.told(&number.to_string()).filter(|cost| *cost > first)).await;
    let running = data(&flow.sent("DataTransfer")[0]);
    let expect = json!({"transactionId": number, "state": "Charging", "meterValue": 0});
    for (member, value) in expect.as_object().expect("an object") {
        assert_eq!(&running[member], value, "{running}");
    }
    flow.api.put("/api/v1/tokens/AA1", &json!({"status": "accepted", "language": "de"})).ok();
    let stop = json!({"transactionId": number, "meterStop": 2_000, "timestamp": ago(0), "idTag": "AA1"});
    flow.station.call("StopTransaction", stop).await.expect("it is taken");
    let last = until("its end is told", || {
        flow.sent("DataTransfer").last().filter(|sent| sent["messageId"] == "FinalCost").map(data)
    })
    .await;
    assert_eq!(last["cost"].as_f64(), Some(flow.total()), "{last}");
    let text = last["priceText"].as_str().expect("words");
    assert!(text.starts_with("2 kWh, 0:03 h: 2,") && text.ends_with('€'), "in his language: {text}");
    until("we know that it was taken", || {
        let commands = flow.api.all("/api/v1/commands?station=cs-1");
        commands.iter().any(|command| command["price"] == "final-cost" && command["state"] == "answered").then_some(())
    })
    .await;
    let data = json!({"transactionId": number, "timestamp": ago(0)}).to_string();
    let cases = [
        ("org.openchargealliance.costmsg", "ConnectorUnplugged", &*data, "Accepted"),
        ("org.OpenChargeAlliance.CostMsg", "connectorUnplugged", &data, "Accepted"),
        ("org.openchargealliance.costmsg", "ConnectorUnplugged", "{", "Rejected"),
        ("org.openchargealliance.costmsg", "ConnectorPlugged", &data, "UnknownMessageId"),
    ];
    for (vendor, message, data, expect) in cases {
        let told = json!({"vendorId": vendor, "messageId": message, "data": data});
        let answer = flow.station.call("DataTransfer", told.clone()).await.expect("it is taken");
        assert_eq!(answer["status"], expect, "{told}");
    }
}

/// Stations that do not show costs hear nothing of them, one that does not understand hears it once, and an amount that is the same
/// is not told again.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_told_what_he_cannot_show_or_shows_already() {
    let flow = Flow::shown(BY_TIME, Version::Ocpp201).await;
    let (plain, plain_whole) = station(&flow.server, "plain", Version::Ocpp16).await;
    let (lying, lying_whole) = station(&flow.server, "lying", Version::Ocpp16).await;
    let (unwilling, unwilling_whole) = station(&flow.server, "unwilling", Version::Ocpp201).await;
    flow.api.put("/api/v1/stations/lying", &json!({"showsCost": true})).ok();
    flow.api.put("/api/v1/stations/unwilling", &json!({"showsCost": false})).ok();
    begin16(&plain).await;
    begin16(&lying).await;
    for (station, id) in [(&unwilling, "t-2"), (&flow.station, "t-1")] {
        let started = Event::started(id, "AA1", 0, &ago(1)).payload();
        station.call("TransactionEvent", started).await.expect("it is taken");
    }
    until("one that cannot is asked", || (!sent(&lying_whole, "DataTransfer").is_empty()).then_some(())).await;
    let known = flow.sent("CostUpdated").len();
    until("others are told three times", || (flow.sent("CostUpdated").len() > known + 2).then_some(())).await;
    assert_eq!(sent(&plain_whole, "DataTransfer"), [] as [Value; 0]);
    assert_eq!(sent(&unwilling_whole, "CostUpdated"), [] as [Value; 0]);
    assert_eq!(sent(&lying_whole, "DataTransfer").len(), 1);
    lying.boot().await.expect("it boots");
    begin16(&lying).await;
    until("it is asked again", || (sent(&lying_whole, "DataTransfer").len() == 2).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_amount_that_is_the_same_is_not_told_again() {
    let flow = Flow::shown(BY_ENERGY, Version::Ocpp201).await;
    let say = async |event: Value| flow.station.call("TransactionEvent", event).await.expect("it is taken");
    say(Event::started("t-1", "AA1", 0, &ago(5)).payload()).await;
    until("it costs nothing yet", || flow.told("t-1").filter(|cost| *cost == 0.0)).await;
    let answer = say(Event::updated("t-1", 1, 1_000, &ago(1)).payload()).await;
    assert_eq!(answer["totalCost"], 0.5, "{answer}");
    // Another one's cost changes by messages that have no room for it.
    flow.api.put("/api/v1/tokens/BB2", &json!({"status": "accepted"})).ok();
    let (other, other_whole) = station(&flow.server, "cs-2", Version::Ocpp16).await;
    other_whole.set("", "CustomDisplayCostAndPrice", "true");
    flow.api.post("/api/v1/stations/cs-2/commands", &json!({"command": "report", "waitS": 20})).ok();
    let number = begin16(&other).await;
    for kwh in 1..4_i64 {
        let register = json!([{"value": (kwh * 1_000).to_string(), "unit": "Wh"}]);
        let values = json!({"connectorId": 1, "transactionId": number, "meterValue": [{"timestamp": ago(0), "sampledValue": register}]});
        other.call("MeterValues", values).await.expect("it is taken");
        let cost = 0.5 * kwh as f64;
        until("it is told", || told(&other_whole, &number.to_string()).filter(|told| (told - cost).abs() < 1e-9)).await;
    }
    assert_eq!(flow.sent("CostUpdated").len(), 1, "{:?}", flow.sent("CostUpdated"));
}

/// Without a price nothing is said of one: zero would mean that it is free (I03.FR.04).
#[tokio::test(flavor = "multi_thread")]
async fn a_cost_that_nobody_knows_is_no_zero() {
    let server = Setup::default().config("[stations]\ncost_every_s = 1\n").start().await;
    server.api().accept(&["AA1"]);
    let flow = Flow::at(server, Version::Ocpp201).await;
    flow.report().await;
    let say = async |event: Value| flow.station.call("TransactionEvent", event).await.expect("it is taken");
    say(Event::started("t-1", "AA1", 0, &ago(5)).payload()).await;
    let answer = say(Event::updated("t-1", 1, 1_000, &ago(1)).payload()).await;
    assert_eq!(answer.get("totalCost"), None, "{answer}");
    let answer = say(Event::ended("t-1", 2, 2_000, &ago(0)).payload()).await;
    assert_eq!(answer.get("totalCost"), None, "{answer}");
    assert_eq!(flow.sent("CostUpdated"), [] as [Value; 0]);
}
