//! Units of the operator that mend what stations of a model say, and what they are told: over the wire, by the real server.

use amprule_tests::station16::{meter_values, start, stop};
use amprule_tests::{Answer, Management, Setup, TestServer, Wire, ago, amprule, folders, units, until};
use serde_json::{Value, json};

async fn boot(server: &TestServer, id: &str, vendor: &str, firmware: &str) -> Wire {
    let mut wire = server.station(id, "ocpp1.6").await;
    let boot = json!({ "chargePointVendor": vendor, "chargePointModel": "M", "firmwareVersion": firmware });
    assert_eq!(wire.call("BootNotification", boot).await["status"], "Accepted");
    wire
}

async fn until_active(api: &Management, unit: &str) {
    let state = || (api.get(&format!("/api/v1/extensions/{unit}")).body["state"] == "active").then_some(());
    until(&format!("{unit} is active"), state).await;
}

/// A dialect of the stations of Acme, which is asked about these messages.
fn acme(setup: Setup, actions: &str, code: &str) -> Setup {
    let whose = format!("\n[dialect]\nstations = [{{ vendor = \"Acme\" }}]\nactions = {actions}\n");
    setup
        .file("scripts/acme/plugin.toml", units::manifest("acme", "1.0.0", "dialect") + &whose)
        .file("scripts/acme/main.rhai", format!("fn translate(message) {{\n    {code}\n}}\n"))
}

fn marks(session: &Value) -> Vec<&str> {
    session["marks"].as_array().expect("marks").iter().filter_map(Value::as_str).collect()
}

fn quirks(api: &Management, vendor: &str) -> Value {
    let models = api.get("/api/v1/quirks").ok();
    let mut models = models["items"].as_array().expect("models").iter();
    models.find(|model| model["vendor"] == vendor).cloned().unwrap_or_default()
}

/// As OpenEVSE does: 10 kW for an hour which ended so many minutes ago, and all registers in kWh that is called Wh.
async fn charge_in_kwh(wire: &mut Wire, from_kwh: i64, ended: i64) {
    let at = |minutes: i64| ago(ended + 60 - minutes);
    let begun = wire.call("StartTransaction", start(1, "CARD-1", from_kwh, &at(0))).await;
    let transaction = begun["transactionId"].as_i64().expect("a transaction");
    for minutes in (6..60).step_by(6) {
        let mut values = meter_values(1, transaction, from_kwh + minutes / 6, &at(minutes));
        values["meterValue"][0]["sampledValue"][1]["value"] = json!("10000");
        wire.call("MeterValues", values).await;
    }
    wire.call("StopTransaction", stop(transaction, from_kwh + 10, &at(60))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_model_tells_wrongly_earns_its_marks_until_a_dialect_takes_them_away() {
    let begun = ago(1);
    let server = Setup::default().tariff("0.40").start().await;
    let api = server.api();
    api.accept(&["CARD-1"]);
    let mut wire = boot(&server, "cs-1", "OpenEVSE", "4.2.2").await;
    charge_in_kwh(&mut wire, 361, 120).await;
    let sessions = api.sessions("cs-1");
    assert!(marks(&sessions[0]).contains(&"power-contradicts"), "{sessions:#?}");
    let before = quirks(&api, "OpenEVSE");
    let of = |model: &Value, mark: &str| {
        let mut marks = model["marks"].as_array().expect("marks").iter();
        marks.find(|quirk| quirk["mark"] == mark).cloned().unwrap_or_default()
    };
    let contradicts = of(&before, "power-contradicts");
    assert_eq!((&contradicts["sessions"], &contradicts["removedBy"]), (&json!(1), &json!([])), "{before}");
    assert_eq!(before["firmware"], "4.2.2", "{before}");

    // The plugin is put into its folder while the station is connected.
    units::copy_plugin(&folders::root().join("plugins/openevse-kwh"), &server.path("plugins/openevse-kwh"));
    until_active(&api, "openevse-kwh").await;
    charge_in_kwh(&mut wire, 371, 30).await;
    let sessions = api.sessions("cs-1");
    let mended = sessions.last().expect("a second session");
    assert_eq!((&mended["energyWh"], &mended["total"]), (&json!(10_000), &json!("4.00")), "{mended}");
    assert_eq!(marks(mended), ["translated"], "{mended}");
    let after = quirks(&api, "OpenEVSE");
    let contradicts = of(&after, "power-contradicts");
    assert_eq!((&contradicts["sessions"], &contradicts["removedBy"]), (&json!(1), &json!(["openevse-kwh"])), "{after}");
    assert_eq!(of(&after, "translated")["messages"], 11, "{after}");
    assert_eq!(after["dialects"], json!(["openevse-kwh"]));
    let report = api.get("/api/v1/quirks").ok();
    let at = |text: &str| text.parse::<jiff::Timestamp>().expect("a moment of RFC 3339");
    let since = at(report["since"].as_str().expect("since when it counts"));
    assert!((at(&begun)..at(&ago(-1))).contains(&since), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_vendor_says_of_its_own_is_answered_as_it_wants_it_and_kept_as_it_came() {
    let server = TestServer::start().await;
    let api = server.api();
    let (mut evbox, mut other) = (boot(&server, "cs-1", "EVBox", "1").await, boot(&server, "cs-2", "Other", "1").await);
    let state = json!({ "vendorId": "EV-BOX", "messageId": "evbStatusNotification", "data": "1,Charging,NoError" });
    assert_eq!(evbox.call("DataTransfer", state.clone()).await["status"], "UnknownVendorId");
    folders::copy(&folders::root().join("scripts/evbox-status"), &server.path("scripts/evbox-status"));
    until_active(&api, "evbox-status").await;
    assert_eq!(evbox.call("DataTransfer", state.clone()).await, json!({ "status": "Accepted" }));
    assert_eq!(other.call("DataTransfer", state.clone()).await["status"], "UnknownVendorId", "another vendor's");
    let kept = api.get("/api/v1/stations/cs-1/messages").ok();
    assert!(kept["items"].as_array().is_some_and(|items| items.iter().all(|kept| kept["payload"] == state)), "{kept}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_of_a_reader_with_a_check_byte_is_the_card_that_everybody_knows() {
    let server = Setup::default().tariff("0.40").product_script("smartevse-tags").start().await;
    let api = server.api();
    api.accept(&["04A1B2C3"]);
    until_active(&api, "smartevse-tags").await;
    let mut wire = boot(&server, "cs-1", "SmartEVSE", "3.7").await;
    let begins = start(1, "04A1B2C300005F", 0, &ago(60));
    let begun = wire.call("StartTransaction", begins.clone()).await;
    assert_eq!(begun["idTagInfo"]["status"], "Accepted", "{begun}");
    // The station did not hear the answer, and says it again.
    let again = wire.call("StartTransaction", begins).await;
    let sessions = api.sessions("cs-1");
    assert_eq!((sessions.len(), &sessions[0]["idToken"]["idToken"]), (1, &json!("04A1B2C3")), "{sessions:#?}");
    assert_eq!(begun["transactionId"], again["transactionId"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dialect_that_fails_passes_on_what_was_said() {
    let setup = Setup::default().tariff("0.40");
    let code = "if message.action == \"MeterValues\" { throw \"on purpose\" }\n    if message.action == \"Heartbeat\" { loop { } }\n    #{ message: 42 }";
    let server = acme(setup, "[]", code).start().await;
    let api = server.api();
    api.accept(&["CARD-1"]);
    until_active(&api, "acme").await;
    let mut wire = boot(&server, "cs-1", "Acme", "1").await;
    let begun = wire.call("StartTransaction", start(1, "CARD-1", 0, &ago(10))).await;
    let transaction = begun["transactionId"].as_i64().expect("a transaction");
    for minutes in 1..8 {
        wire.call("MeterValues", meter_values(1, transaction, 100 * minutes, &ago(10 - minutes))).await;
        wire.call("Heartbeat", json!({})).await;
    }
    wire.call("StopTransaction", stop(transaction, 1_000, &ago(1))).await;
    let sessions = api.sessions("cs-1");
    assert_eq!((&sessions[0]["energyWh"], &sessions[0]["total"]), (&json!(1_000), &json!("0.40")), "{sessions:#?}");
    let unit = api.get("/api/v1/extensions/acme").ok();
    let (faults, last) = (&unit["calls"][0]["faults"], &unit["calls"][0]["lastFault"]);
    assert!(faults["guest-error"].as_u64() >= Some(1) && last["message"].is_string(), "{unit}");
    let (_, shown) = server.operator(&["extensions", "acme"]);
    assert!(shown.contains("dialect") && shown.contains("guest-error") && shown.contains("the last one at"), "{shown}");
    let (_, listed) = server.operator(&["extensions"]);
    assert!(listed.lines().any(|line| line.starts_with("acme") && line.contains("faults: ")), "{listed}");
    assert!(server.log().contains("on purpose"), "{}", server.log());
    assert_eq!(marks(&sessions[0]), [""; 0], "nothing was mended, and nobody has to look");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_that_nobody_can_read_is_mended_and_read() {
    let code = "if message.kind == \"malformed\" { mended(message.body + \"]\", \"a bracket was missing\") } else { unchanged() }";
    let server = acme(Setup::default(), "[\"malformed\"]", code).start().await;
    until_active(&server.api(), "acme").await;
    let (mut acme, mut other) = (boot(&server, "cs-1", "Acme", "1").await, boot(&server, "cs-2", "Other", "1").await);
    acme.send(r#"[2,"7","Heartbeat",{}"#).await;
    let answer = acme.frame().await.expect("an answer");
    assert_eq!((&answer[0], &answer[1]), (&json!(3), &json!("7")), "{answer}");
    assert!(answer[2]["currentTime"].is_string(), "{answer}");
    // What stays unreadable is answered like any such frame.
    acme.send(r#"[2,"8","Heartbeat",{"#).await;
    other.send(r#"[2,"9","Heartbeat",{}"#).await;
    for wire in [&mut acme, &mut other] {
        wire.send(r#"[2,"behind","Heartbeat",{}]"#).await;
        let answer = wire.frame().await.expect("an answer");
        assert!(answer[0] == 4 || answer[1] == "behind", "{answer}");
    }
    let quirks = quirks(&server.api(), "Acme");
    assert_eq!((&quirks["marks"][0]["mark"], &quirks["marks"][0]["messages"]), (&json!("translated"), &json!(1)));
}

/// Five public reports, which its script names, as cases.
#[test]
fn what_users_of_other_systems_have_met_can_be_put_right() {
    let checked = amprule(&folders::root(), &["check", "tests/guests/field-dialect"]).ok();
    assert!(checked.contains("dialect; 5 cases passed"), "{checked}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_station_is_told_is_put_as_it_bears_it() {
    let code = "let body = message.body;\n    if message.direction == \"inbound\" { return unchanged(); }\n    \
                if message.kind == \"answer\" { body.interval = 77; } else { body.csChargingProfiles.chargingSchedule.duration = 86400; }\n    \
                mended(body, \"as it wants it\")";
    let server = acme(Setup::default(), "[\"SetChargingProfile\", \"BootNotification\"]", code).start().await;
    let api = server.api();
    until_active(&api, "acme").await;
    let mut wire = server.station("cs-1", "ocpp1.6").await;
    let answer = wire.call("BootNotification", json!({ "chargePointVendor": "Acme", "chargePointModel": "M" })).await;
    assert_eq!(answer["interval"], 77, "{answer}");
    let limit = json!({ "command": "limit", "evse": 1, "maxCurrentA": 10 });
    let ordered = api.post("/api/v1/stations/cs-1/commands", &limit).ok();
    let (id, action, payload) = wire.next_call().await;
    let schedule = &payload["csChargingProfiles"]["chargingSchedule"];
    assert_eq!((&*action, &schedule["duration"]), ("SetChargingProfile", &json!(86_400)), "{payload}");
    assert_eq!(schedule["chargingSchedulePeriod"][0]["limit"], 10.0, "{payload}");
    wire.reply(&id, json!({ "status": "Accepted" })).await;
    let path = format!("/api/v1/commands/{}", ordered["id"].as_str().expect("an id"));
    until("it is answered", || (api.get(&path).ok()["state"] == "answered").then_some(())).await;
    let Answer::Result(_) = wire.request("Heartbeat", json!({})).await else { panic!("what it is not for is as ever") };
}
