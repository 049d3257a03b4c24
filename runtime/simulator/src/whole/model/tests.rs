//! The device model: what is read, written and reported.

use serde_json::{Value, json};

use crate::Version;
use crate::whole::play::Play;

fn named(component: &str, variable: &str) -> Value {
    let (variable, instance) = variable.split_once('#').unwrap_or((variable, ""));
    let mut said = json!({"component": {"name": component}, "variable": {"name": variable}});
    if !instance.is_empty() {
        said["variable"]["instance"] = json!(instance);
    }
    said
}

#[test]
fn variables_are_read() {
    let mut play = Play::new(Version::Ocpp201);
    let rows = [
        ("DeviceDataCtrlr", "ItemsPerMessage#GetReport", "Accepted", Some("16")),
        ("devicedatactrlr", "itemspermessage#getreport", "Accepted", Some("16")),
        ("ClockCtrlr", "DateTime", "Accepted", Some("2026-05-04T12:00:00.000Z")),
        ("AuthCtrlr", "MasterPassGroupId", "Accepted", Some("")),
        ("SecurityCtrlr", "BasicAuthPassword", "Rejected", None),
        ("DeviceDataCtrlr", "ItemsPerMessage", "UnknownVariable", None),
        ("TeaCtrlr", "Temperature", "UnknownComponent", None),
        ("BatterySwapCtrlr", "Enabled", "UnknownComponent", None),
    ];
    for (component, variable, status, value) in rows {
        let mut result = named(component, variable);
        result["attributeStatus"] = json!(status);
        if let Some(value) = value {
            result["attributeValue"] = json!(value);
        }
        let asked = json!({"getVariableData": [named(component, variable)]});
        play.check("GetVariables", asked, json!({"getVariableResult": [result]}));
    }
    let mut target = named("EVSE", "Power");
    target["component"]["evse"] = json!({"id": 1});
    target["attributeType"] = json!("Target");
    let expected =
        json!({"getVariableResult": [{"attributeStatus": "NotSupportedAttributeType", "attributeType": "Target"}]});
    play.check("GetVariables", json!({"getVariableData": [target]}), expected);
    let many = vec![named("AuthCtrlr", "Enabled"); 17];
    assert_eq!(play.fault("GetVariables", json!({"getVariableData": many})), "OccurrenceConstraintViolation");
    let long = vec![named("AuthCtrlr", &"x".repeat(4_200)); 2];
    assert_eq!(play.fault("GetVariables", json!({"getVariableData": long})), "FormatViolation");
}

#[test]
fn variables_are_written() {
    let mut play = Play::new(Version::Ocpp21);
    play.state.connect("CS-1", true);
    let rows = [
        ("OCPPCommCtrlr", "HeartbeatInterval", "60", "Accepted", None),
        ("OCPPCommCtrlr", "HeartbeatInterval", "0", "Rejected", Some("ValueTooLow")),
        ("OCPPCommCtrlr", "HeartbeatInterval", "often", "Rejected", Some("InvalidValue")),
        ("OCPPCommCtrlr", "WebSocketPingInterval", "30", "RebootRequired", None),
        ("OCPPCommCtrlr", "NetworkConfigurationPriority", "2", "Rejected", Some("InvalidValue")),
        ("DeviceDataCtrlr", "ItemsPerMessage#GetReport", "5", "Rejected", Some("ReadOnly")),
        ("AuthCtrlr", "Enabled", "TRUE", "Rejected", Some("InvalidValue")),
        ("SampledDataCtrlr", "TxUpdatedMeasurands", "SoC,Voltage", "Accepted", None),
        ("SampledDataCtrlr", "TxUpdatedMeasurands", "Joy", "Rejected", Some("InvalidValue")),
        ("SecurityCtrlr", "BasicAuthPassword", "short", "Rejected", Some("ValueTooLow")),
        ("SecurityCtrlr", "BasicAuthPassword", "long enough, at last", "Accepted", None),
        ("TeaCtrlr", "Enabled", "true", "UnknownComponent", None),
    ];
    for (component, variable, value, status, reason) in rows {
        let mut asked = named(component, variable);
        asked["attributeValue"] = json!(value);
        let mut result = named(component, variable);
        result["attributeStatus"] = json!(status);
        if let Some(reason) = reason {
            result["attributeStatusInfo"] = json!({"reasonCode": reason});
        }
        play.check("SetVariables", json!({"setVariableData": [asked]}), json!({"setVariableResult": [result]}));
    }
    play.follows(&[("(reopens)", json!({}))]);
    assert_eq!(play.state.password.as_deref(), Some(&b"long enough, at last"[..]));
}

/// The pages of a report, in their order, as one.
fn report(play: &mut Play, action: &str, asked: Value) -> Vec<Value> {
    play.check(action, asked, json!({"status": "Accepted"}));
    let pages = play.said();
    for (number, (action, page)) in pages.iter().enumerate() {
        assert_eq!((*action, &page["requestId"], &page["seqNo"]), ("NotifyReport", &json!(5), &json!(number)));
        assert_eq!(page["tbc"], number + 1 < pages.len());
    }
    pages.iter().flat_map(|(_, page)| page["reportData"].as_array().unwrap().clone()).collect()
}

#[test]
fn a_base_report_comes_in_numbered_pages() {
    let mut play = Play::new(Version::Ocpp201);
    let base = |base: &str| json!({"requestId": 5, "reportBase": base});
    let full = report(&mut play, "GetBaseReport", base("FullInventory"));
    let configuration = report(&mut play, "GetBaseReport", base("ConfigurationInventory"));
    let summary = report(&mut play, "GetBaseReport", base("SummaryInventory"));
    assert!(full.len() > 100 && configuration.len() > 40 && summary.len() > 10);
    assert!(configuration.iter().all(|one| one["variableAttribute"][0]["mutability"] != "ReadOnly"));
    let secret = full.iter().find(|one| one["variable"]["name"] == "BasicAuthPassword").unwrap();
    assert_eq!(secret["variableAttribute"][0].get("value"), None);
    let newer = report(&mut Play::new(Version::Ocpp21), "GetBaseReport", base("FullInventory"));
    assert!(newer.len() > full.len());
}

#[test]
fn a_report_has_what_is_asked_for() {
    let mut play = Play::new(Version::Ocpp201);
    let some = |asked: Value| {
        let mut some = asked;
        some["requestId"] = json!(5);
        some
    };
    let component = |name: &str| json!({"componentVariable": [{"component": {"name": name}}]});
    assert_eq!(report(&mut play, "GetReport", some(component("Connector"))).len(), 8);
    let one = json!({"componentVariable": [named("DeviceDataCtrlr", "ItemsPerMessage")]});
    assert_eq!(report(&mut play, "GetReport", some(one)).len(), 3, "of each instance");
    play.check("GetReport", some(component("TeaCtrlr")), json!({"status": "EmptyResultSet"}));
    let problem = json!({"componentCriteria": ["Problem"]});
    play.check("GetReport", some(problem.clone()), json!({"status": "EmptyResultSet"}));
    play.state.model.put("ChargingStation", "Problem", true);
    let found = report(&mut play, "GetReport", some(problem));
    assert!(found.iter().all(|one| one["component"]["name"] == "ChargingStation"));
}
