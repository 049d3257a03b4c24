//! Block Q: cars that give back. What they took and what they gave are two registers, and money goes both ways.

use amprule_simulator::{SimStation, StationSettings, Version};
use amprule_tests::{Setup, TestServer, ago, station201, units, until};
use serde_json::{Value, json};

use super::{Flow, ID};

/// 50 cents for each kWh that was taken; 20 are paid for each that was given back.
const BOTH_WAYS: &str = r#"fn price(session) {
    let lines = [line("energy", "Energy", session.energy_kwh, "kWh", 0.5)];
    if session.exported_kwh > 0 {
        lines.push(line("export", "Given back", session.exported_kwh, "kWh", -0.2));
    }
    bill("EUR", lines)
}
"#;

/// It has never heard of giving back.
const TAKEN: &str = r#"fn price(session) {
    bill("EUR", [line("energy", "Energy", session.energy_kwh, "kWh", 0.5)])
}
"#;

async fn server(script: &str) -> TestServer {
    let manifest = units::manifest("tariff", "1.0.0", "pricing");
    let setup = Setup::default().file("scripts/tariff/plugin.toml", manifest).file("scripts/tariff/main.rhai", script);
    let server = setup.start().await;
    server.api().accept(&["AA1"]);
    server
}

fn sample(measurand: &str, context: &str, wh: i64) -> Value {
    json!({"value": wh, "context": context, "measurand": measurand, "unitOfMeasure": {"unit": "Wh"}})
}

/// A TransactionEvent with what was taken and, where it is told, given back.
fn event(seq_no: u32, kind: &str, minutes_ago: i64, taken: i64, given: Option<i64>) -> Value {
    let (trigger, context) = match kind {
        "Started" => ("Authorized", "Transaction.Begin"),
        "Ended" => ("StopAuthorized", "Transaction.End"),
        _ => ("MeterValuePeriodic", "Sample.Periodic"),
    };
    let mut samples = vec![sample("Energy.Active.Import.Register", context, taken)];
    samples.extend(given.map(|given| sample("Energy.Active.Export.Register", context, given)));
    let at = ago(minutes_ago);
    let mut event = json!({
        "eventType": kind, "timestamp": at, "triggerReason": trigger, "seqNo": seq_no,
        "transactionInfo": {"transactionId": "t-1", "chargingState": "Charging"},
        "evse": {"id": 1, "connectorId": 1}, "meterValue": [{"timestamp": at, "sampledValue": samples}],
    });
    if kind == "Started" {
        event["idToken"] = json!({"idToken": "AA1", "type": "ISO14443"});
    }
    event
}

impl Flow {
    async fn heard_of(&self, event: Value) -> Value {
        self.station.call("TransactionEvent", event).await.expect("it is taken")
    }

    /// The server is another process, and the station comes back to it.
    async fn restart(&mut self) {
        self.server.kill();
        self.server.restart();
        let settings = StationSettings::new(&self.server.ocpp, ID, Version::Ocpp21);
        let (station, whole) = SimStation::connect_whole(settings).await.expect("the station connects");
        (self.api, self.station, self.whole) = (self.server.api(), station, whole);
    }

    fn only(&self) -> Value {
        let sessions = self.api.sessions(ID);
        assert_eq!(sessions.len(), 1, "{sessions:?}");
        let id = sessions[0]["id"].as_str().expect("an id").to_owned();
        self.api.get(&format!("/api/v1/sessions/{id}")).ok()
    }

    fn only_bills(&self) -> Vec<Value> {
        let id = self.only()["id"].as_str().expect("an id").to_owned();
        let bills = self.api.get(&format!("/api/v1/sessions/{id}/bills")).ok();
        bills["bills"].as_array().expect("a list").clone()
    }
}

fn lines(of: &Value) -> Vec<(String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let lines = of["lines"].as_array().expect("a list").iter();
    lines.map(|line| (text(&line["code"]), text(&line["component"]), text(&line["amount"]))).collect()
}

fn line(code: &str, component: &str, amount: &str) -> (String, String, String) {
    (code.to_owned(), component.to_owned(), amount.to_owned())
}

/// 5 kWh taken, 2 kWh given back, and the server is another process in between.
#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_billed_both_ways_and_a_restart_forgets_nothing() {
    let mut flow = Flow::at(server(BOTH_WAYS).await, Version::Ocpp21).await;
    flow.heard_of(event(0, "Started", 60, 10_000, Some(700))).await;
    flow.heard_of(event(1, "Updated", 40, 14_000, Some(700))).await;
    let mut turned = event(2, "Updated", 30, 14_000, Some(1_700));
    turned["triggerReason"] = json!("OperationModeChanged");
    turned["transactionInfo"]["operationMode"] = json!("CentralSetpoint");
    let answer = flow.heard_of(turned).await;
    assert_eq!(answer["totalCost"], 1.8, "{answer}");

    flow.restart().await;
    let session = flow.only();
    assert_eq!((&session["exportedWh"], &session["operationMode"]), (&json!(1_000), &json!("CentralSetpoint")));
    flow.heard_of(event(3, "Updated", 20, 14_000, Some(2_700))).await;
    let answer = flow.heard_of(event(4, "Ended", 1, 15_000, Some(2_700))).await;
    assert_eq!(answer["totalCost"], 2.1, "{answer}");

    let session = flow.only();
    assert_eq!((&session["energyWh"], &session["exportedWh"]), (&json!(5_000), &json!(2_000)), "{session}");
    assert_eq!((&session["total"], &session["isFinal"]), (&json!("2.10"), &json!(true)), "{session}");
    assert_eq!(session["marks"], json!([]), "{session}");
    let bills = flow.only_bills();
    assert_eq!((bills.len(), &bills[0]["total"], &bills[0]["exportedWh"]), (1, &json!("2.10"), &json!(2_000)));
    assert_eq!(lines(&bills[0]), [line("energy", "", "2.50"), line("export", "export", "-0.40")]);
    let id = session["id"].as_str().expect("an id");
    let readings = flow.api.all(&format!("/api/v1/sessions/{id}/readings"));
    let exported: Vec<&Value> = readings.iter().rev().map(|reading| &reading["exportRegisterWh"]).collect();
    assert_eq!(exported, [700, 700, 1_700, 2_700, 2_700]);
}

/// Who gave more than he took is owed something, to the cent and in every place that says a total.
#[tokio::test(flavor = "multi_thread")]
async fn a_total_below_zero_is_owed_to_the_driver() {
    let flow = Flow::at(server(BOTH_WAYS).await, Version::Ocpp21).await;
    flow.heard_of(event(0, "Started", 60, 10_000, Some(700))).await;
    let answer = flow.heard_of(event(1, "Updated", 30, 10_000, Some(6_700))).await;
    assert_eq!(answer["totalCost"], -1.2, "{answer}");
    let answer = flow.heard_of(event(2, "Ended", 1, 10_100, Some(10_700))).await;
    assert_eq!(answer["totalCost"], -1.95, "{answer}");
    let session = flow.only();
    assert_eq!((&session["total"], &session["marks"]), (&json!("-1.95"), &json!([])), "{session}");
    assert_eq!(flow.only_bills()[0]["total"], "-1.95");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tariff_that_does_not_know_of_it_bills_what_was_taken() {
    let flow = Flow::at(server(TAKEN).await, Version::Ocpp21).await;
    flow.heard_of(event(0, "Started", 60, 0, Some(0))).await;
    flow.heard_of(event(1, "Updated", 30, 5_000, Some(0))).await;
    flow.heard_of(event(2, "Ended", 1, 5_000, Some(2_000))).await;
    let session = flow.only();
    assert_eq!((&session["total"], &session["exportedWh"]), (&json!("2.50"), &json!(2_000)), "{session}");
    assert_eq!(lines(&session), [line("energy", "", "2.50")]);
}

/// A register that falls pays nobody for the fall, and one that began anew is looked at.
#[tokio::test(flavor = "multi_thread")]
async fn a_register_that_falls_is_marked() {
    let flow = Flow::at(server(BOTH_WAYS).await, Version::Ocpp21).await;
    let told = [(60, 500), (50, 1_500), (40, 2_500), (30, 100), (20, 1_100), (1, 1_600)];
    for (seq_no, (minutes_ago, given)) in (0..).zip(told) {
        let kind = ["Started", "Updated", "Updated", "Updated", "Updated", "Ended"][seq_no as usize];
        flow.heard_of(event(seq_no, kind, minutes_ago, 8_000, Some(given))).await;
    }
    let session = flow.only();
    let marks = session["marks"].as_array().expect("a list");
    assert!(["export-doubtful", "needs-review"].iter().all(|mark| marks.contains(&json!(mark))), "{marks:?}");
    assert_eq!((&session["energyWh"], &session["exportedWh"]), (&json!(0), &json!(3_500)), "{session}");
}

/// A station of whatever version that tells nothing of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_station_that_only_charges_is_as_it_was() {
    for version in [Version::Ocpp201, Version::Ocpp21] {
        let flow = Flow::at(server(BOTH_WAYS).await, version).await;
        flow.heard_of(event(0, "Started", 60, 0, None)).await;
        flow.heard_of(event(1, "Ended", 1, 5_000, None)).await;
        let session = flow.only();
        assert_eq!((&session["total"], &session["exportedWh"]), (&json!("2.50"), &Value::Null), "{session}");
        assert_eq!((lines(&session), &session["operationMode"]), (vec![line("energy", "", "2.50")], &Value::Null));
    }
}

/// From the profile to the bill: the server says that the car is to give back, the station does it and says so.
#[tokio::test(flavor = "multi_thread")]
async fn a_station_gives_back_what_a_profile_says() {
    let flow = Flow::at(server(BOTH_WAYS).await, Version::Ocpp21).await;
    flow.whole.set(
        "SampledDataCtrlr",
        "TxUpdatedMeasurands",
        "Energy.Active.Import.Register,Energy.Active.Export.Register",
    );
    flow.whole.set("SampledDataCtrlr", "TxUpdatedInterval", "1");
    flow.ordered(json!({"command": "start", "evse": 1, "idToken": {"idToken": "AA1"}, "waitS": 20})).await.ok();
    let session = until("it runs", || flow.api.sessions(ID).first().cloned()).await;
    let transaction = session["transaction"].as_str().expect("a name").to_owned();
    let period = json!({
        "startPeriod": 0, "operationMode": "CentralSetpoint", "setpoint": -720_000, "limit": 11_000,
        "dischargeLimit": -720_000,
    });
    let profile = json!({
        "id": 7, "stackLevel": 1, "chargingProfilePurpose": "TxProfile", "chargingProfileKind": "Relative",
        "transactionId": transaction,
        "chargingSchedule": [{"id": 1, "chargingRateUnit": "W", "chargingSchedulePeriod": [period]}],
    });
    flow.accepted("SetChargingProfile", json!({"evseId": 1, "chargingProfile": profile})).await;
    let session = until("it gives back", || {
        Some(flow.only()).filter(|session| session["exportedWh"].as_f64().is_some_and(|wh| wh >= 400.0))
    })
    .await;
    assert_eq!(session["operationMode"], "CentralSetpoint", "{session}");
    let composite = flow.api.get(&format!("/api/v1/stations/{ID}/composite-schedule?evse=1&duration=60")).ok();
    let piece = &composite["periods"][0];
    assert_eq!((&piece["setpoint"], &piece["dischargeLimit"]), (&json!(-720_000.0), &json!(-720_000.0)), "{composite}");
    assert_eq!((&piece["limit"], &piece["operationMode"]), (&json!(11_000.0), &json!("CentralSetpoint")));
    flow.accepted("ClearChargingProfile", json!({"chargingProfileId": 7})).await;
    until("it only charges", || Some(flow.only()).filter(|session| session["operationMode"] == "ChargingOnly")).await;
    flow.ordered(json!({"command": "stop", "transaction": transaction, "waitS": 20})).await.ok();
    let session = until("it is billed", || Some(flow.only()).filter(|session| session["isFinal"] == true)).await;
    let total: f64 = session["total"].as_str().and_then(|total| total.parse().ok()).expect("a total");
    let energy = |member: &str| session[member].as_f64().expect("energy") / 1_000.0;
    let expect = energy("energyWh") * 0.5 - energy("exportedWh") * 0.2;
    assert!((total - expect).abs() < 0.011 && energy("exportedWh") >= 0.4, "{session}");
}

/// OCPP 2.1, Q01: who may give back what is said where the token is shown.
#[tokio::test(flavor = "multi_thread")]
async fn a_station_hears_how_a_drivers_car_may_be_given_energy() {
    let server = server(BOTH_WAYS).await;
    let api = server.api();
    let put = |body: Value| api.put("/api/v1/tokens/AA1", &body);
    let refused = put(json!({"energyTransfer": ["DC", "AC_both_ways"]}));
    assert_eq!(
        (refused.status, refused.body["error"]["path"].as_str()),
        (422, Some("/energyTransfer/1")),
        "{refused:?}"
    );
    let modes = json!(["DC", "DC_BPT"]);
    assert_eq!(put(json!({"energyTransfer": modes})).ok()["energyTransfer"], modes);
    for (version, id, expected) in [("ocpp2.1", "NEW", modes.clone()), ("ocpp2.0.1", "OLD", Value::Null)] {
        let mut station = server.station(id, version).await;
        station.call("BootNotification", station201::boot()).await;
        let shown = json!({"idToken": {"idToken": "AA1", "type": "ISO14443"}});
        let answer = station.call("Authorize", shown.clone()).await;
        assert_eq!(
            (&answer["idTokenInfo"]["status"], &answer["allowedEnergyTransfer"]),
            (&json!("Accepted"), &expected)
        );
        put(json!({"energyTransfer": []})).ok();
        assert_eq!(station.call("Authorize", shown).await["allowedEnergyTransfer"], Value::Null);
        put(json!({"energyTransfer": modes})).ok();
    }
}
