//! Blocks A, L and N: firmware and logs as jobs, monitors and alerts, security events, what is known of customers.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use amprule_simulator::Version;
use amprule_tests::ago;
use serde_json::{Value, json};

use super::{Flow, ID, by_id};

/// Serves a file to whoever asks, takes what is brought, and gives its own address.
fn file_server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || listener.incoming().flatten().for_each(serve));
    format!("http://{address}")
}

fn serve(mut socket: TcpStream) {
    // One that says no more has said all.
    let _ = socket.set_read_timeout(Some(Duration::from_millis(200)));
    let mut asked = [0; 4_096];
    let read = socket.read(&mut asked).unwrap_or(0);
    let is_missing = String::from_utf8_lossy(&asked[..read]).contains("/missing");
    let head = if is_missing { "HTTP/1.1 404 Not Found" } else { "HTTP/1.1 200 OK" };
    // Whoever asked may have gone away.
    let _ = write!(socket, "{head}\r\nContent-Length: 8\r\nConnection: close\r\n\r\nfirmware");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_of_firmware_is_a_job_with_its_steps() {
    let files = file_server();
    for version in [Version::Ocpp16, Version::Ocpp201, Version::Ocpp21] {
        let flow = Flow::of(version).await;
        let now = amprule_tests::clock::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let update = |name: &str, request: i64| match version {
            Version::Ocpp16 => json!({"location": format!("{files}/{name}"), "retrieveDate": now}),
            _ => {
                json!({"requestId": request, "firmware": {"location": format!("{files}/{name}"), "retrieveDateTime": now}})
            }
        };
        flow.accepted("UpdateFirmware", update("new.bin", 1)).await;
        let done = flow.until_held("firmware-jobs", "it is installed", |jobs| jobs[0]["status"] == "Installed").await;
        assert_eq!(done[0]["state"], "ended", "{done:?}");
        for step in ["Downloading", "Downloaded", "Installing", "Installed"] {
            assert!(done[0]["steps"][step].is_string(), "{version:?}: {step} is missing in {done:?}");
        }
        flow.accepted("UpdateFirmware", update("missing.bin", 2)).await;
        flow.until_held("firmware-jobs", "it could not be fetched", |jobs| {
            jobs.len() == 2 && jobs[0]["status"] == "DownloadFailed" && jobs[0]["state"] == "ended"
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_is_a_job_too() {
    let files = file_server();
    for version in [Version::Ocpp16, Version::Ocpp201] {
        let flow = Flow::of(version).await;
        let log =
            json!({"log": {"remoteLocation": format!("{files}/logs/")}, "logType": "DiagnosticsLog", "requestId": 3});
        flow.accepted("GetLog", log).await;
        let jobs = flow.until_held("logs", "it is there", |jobs| jobs[0]["status"] == "Uploaded").await;
        assert_eq!((&jobs[0]["id"], &jobs[0]["state"]), (&json!("3"), &json!("ended")));
        assert!(jobs[0]["request"]["filename"].is_string(), "{jobs:?}");
    }
    let flow = Flow::of(Version::Ocpp16).await;
    flow.accepted("GetDiagnostics", json!({"location": format!("{files}/logs/")})).await;
    flow.until_held("logs", "it is there", |jobs| jobs[0]["status"] == "Uploaded").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_monitor_alerts_until_the_value_is_good_again() {
    let flow = Flow::of(Version::Ocpp201).await;
    let place = json!({"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "Power"}});
    let mut data = place.clone();
    for (name, value) in [("type", json!("UpperThreshold")), ("value", json!(10_000)), ("severity", json!(4))] {
        data[name] = value;
    }
    flow.accepted("SetVariableMonitoring", json!({"setMonitoringData": [data]})).await;
    let monitors = flow.held("monitors");
    assert_eq!((monitors.len(), &monitors[0]["monitor"]["severity"]), (1, &json!(4)), "{monitors:?}");
    assert!(flow.whole.set("EVSE@1", "Power", "12000"), "the station has it");
    let alerts =
        flow.until_held("alerts", "it alerts", |alerts| alerts.iter().any(|alert| alert["state"] == "active")).await;
    assert_eq!((&alerts[0]["value"], &alerts[0]["place"]["evse"]), (&json!("12000"), &json!(1)), "{alerts:?}");
    assert_eq!(alerts[0]["severity"], 4, "its monitor's");
    assert_eq!(flow.api.all("/api/v1/alerts").len(), alerts.len(), "of all stations");
    assert!(flow.whole.set("EVSE@1", "Power", "900"), "the station has it");
    flow.until_held("alerts", "it is over", |alerts| alerts[0]["state"] == "cleared").await;

    flow.accepted("GetMonitoringReport", json!({"requestId": 8})).await;
    flow.until_held("monitors", "the report is there", |monitors| {
        monitors.iter().all(|monitor| monitor["untold"].is_null())
    })
    .await;
    let id: i64 = monitors[0]["id"].as_str().and_then(|id| id.parse().ok()).expect("a number");
    flow.accepted("ClearVariableMonitoring", json!({"id": [id]})).await;
    assert!(flow.held("monitors").iter().all(|monitor| monitor["id"] != monitors[0]["id"]));
}

/// N07.FR.12: whose monitor is gone is never told to be cleared.
#[tokio::test(flavor = "multi_thread")]
async fn an_alert_is_over_with_its_monitor() {
    let flow = Flow::of(Version::Ocpp21).await;
    let hard_wired = json!({
        "id": 900, "transaction": false, "value": 1, "type": "Delta", "severity": 2,
        "eventNotificationType": "HardWiredMonitor",
    });
    let problem = json!({"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "Problem"}});
    let mut monitored = problem.clone();
    monitored["variableMonitoring"] = json!([hard_wired]);
    let report = json!({"requestId": 70, "seqNo": 0, "generatedAt": ago(0), "monitor": [monitored]});
    flow.station.call("NotifyMonitoringReport", report).await.expect("it is taken");
    let power = json!({
        "component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "Power"}, "type": "UpperThreshold",
        "value": 10_000, "severity": 4,
    });
    let (clear, reset) = ("ClearVariableMonitoring", "SetMonitoringBase");
    for (way, asked) in [(clear, Value::Null), (reset, json!("FactoryDefault")), (reset, json!("HardWiredOnly"))] {
        flow.accepted("SetVariableMonitoring", json!({"setMonitoringData": [power]})).await;
        let monitors = flow.held("monitors");
        let custom = monitors.iter().find(|monitor| monitor["id"] != "900").expect("it is known").clone();
        let id: i64 = custom["id"].as_str().and_then(|id| id.parse().ok()).expect("a number");
        let alert = |more: Value| {
            let mut event = json!({
                "eventId": 7, "timestamp": ago(0), "trigger": "Alerting", "actualValue": "12000",
                "eventNotificationType": "CustomMonitor", "variableMonitoringId": id,
                "component": power["component"], "variable": power["variable"],
            });
            event.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
            json!({"generatedAt": ago(0), "seqNo": 0, "eventData": [event]})
        };
        for more in [json!({"techCode": "E1"}), json!({"cleared": true}), json!({})] {
            flow.station.call("NotifyEvent", alert(more)).await.expect("it is taken");
        }
        let of = |alerts: Vec<Value>| alerts.into_iter().find(|alert| alert["monitor"] == id).expect("its alert");
        let active = of(flow.held("alerts"));
        assert_eq!(active["state"], "active", "{active}");
        assert!(active["event"]["cleared"].is_null() && active["event"]["techCode"].is_null(), "of before: {active}");

        let asked = if way == clear { json!({"id": [id]}) } else { json!({"monitoringBase": asked}) };
        flow.accepted(way, asked.clone()).await;
        assert_eq!(of(flow.held("alerts"))["state"], "cleared", "{way} {asked}");
        let left: Vec<Value> = flow.held("monitors").iter().map(|monitor| monitor["id"].clone()).collect();
        assert_eq!(left, ["900"], "{way} {asked}");
    }
}

/// OCPP 2.0.1, G01: AvailabilityState of its connectors instead of StatusNotification.
#[tokio::test(flavor = "multi_thread")]
async fn a_station_may_tell_its_connectors_by_events_alone() {
    let flow = Flow::of(Version::Ocpp21).await;
    let event = |at: Value, name: &str, variable: &str, value: &str, minutes: i64| {
        json!({
            "eventId": 7, "timestamp": ago(minutes), "trigger": "Delta", "actualValue": value,
            "component": {"name": name, "evse": at}, "variable": {"name": variable},
            "eventNotificationType": "HardWiredNotification",
        })
    };
    let (first, second) = (json!({"id": 1, "connectorId": 1}), json!({"id": 1, "connectorId": 2}));
    let mut faulted = event(second.clone(), "connector", "availabilitystate", "Faulted", -60);
    (faulted["techCode"], faulted["techInfo"]) = (json!("E-412"), json!("RCD has tripped"));
    let events = json!([
        event(first.clone(), "Connector", "AvailabilityState", "Occupied", 2),
        faulted,
        event(json!({"id": 1}), "EVSE", "AvailabilityState", "Unavailable", 1),
        event(json!({"id": 9, "connectorId": 1}), "Connector", "AvailabilityState", "Broken", 1),
        event(json!({"id": 9, "connectorId": 2}), "Connector", "Problem", "Faulted", 1),
    ]);
    let message = json!({"generatedAt": ago(0), "seqNo": 0, "eventData": events});
    flow.station.call("NotifyEvent", message).await.expect("it is taken");
    let station = flow.api.get(&format!("/api/v1/stations/{ID}")).ok();
    let word = |connector: u64| {
        let known = station["connectors"].as_array().expect("a list").iter();
        let of = |known: &&Value| known["evse"] == 1 && known["connector"] == connector;
        known.clone().find(of).expect("it is known").clone()
    };
    assert_eq!((&word(1)["status"], &word(2)["status"]), (&json!("Occupied"), &json!("Faulted")), "{station}");
    let words = ["vendorErrorCode", "info"].map(|member| word(2)[member].clone());
    assert_eq!(words, ["E-412", "RCD has tripped"].map(Value::from), "{station}");
    assert!(!station["connectors"].to_string().contains("Broken"), "{station}");
    assert!(
        station["connectors"].as_array().is_some_and(|all| all.iter().all(|known| known["evse"] != 9)),
        "{station}"
    );
}

/// Of one message, each where those before it have been: the place is lost with its last connector.
#[tokio::test(flavor = "multi_thread")]
async fn connectors_that_fail_together_lose_the_place_that_was_kept() {
    let flow = Flow::of(Version::Ocpp21).await;
    let state = |connector: u32, value: &str| {
        json!({
            "eventId": connector, "timestamp": ago(0), "trigger": "Delta", "actualValue": value,
            "component": {"name": "Connector", "evse": {"id": 1, "connectorId": connector}},
            "variable": {"name": "AvailabilityState"}, "eventNotificationType": "HardWiredNotification",
        })
    };
    let message = |events: Value| json!({"generatedAt": ago(0), "seqNo": 0, "eventData": events});
    let say = |events: Value| flow.station.call("NotifyEvent", message(events));
    say(json!([state(1, "Available"), state(2, "Available")])).await.expect("it is taken");
    let kept =
        json!({"id": 4, "evseId": 1, "expiryDateTime": ago(-60), "idToken": {"idToken": "AA1", "type": "ISO14443"}});
    flow.accepted("ReserveNow", kept).await;
    assert_eq!(by_id(&flow.held("reservations"), "4")["state"], "kept");
    say(json!([state(1, "Faulted")])).await.expect("it is taken");
    assert_eq!(by_id(&flow.held("reservations"), "4")["state"], "kept", "the other one serves");
    say(json!([state(1, "Available")])).await.expect("it is taken");
    say(json!([state(1, "Faulted"), state(2, "Faulted")])).await.expect("it is taken");
    assert_eq!(by_id(&flow.held("reservations"), "4")["state"], "ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_station_says_of_its_safety_is_kept() {
    for version in [Version::Ocpp16, Version::Ocpp201] {
        let flow = Flow::of(version).await;
        let event =
            json!({"type": "TamperDetectionActivated", "timestamp": "2026-07-01T08:00:00Z", "techInfo": "door"});
        flow.station.call("SecurityEventNotification", event).await.expect("it is taken");
        let held = flow.held("security-events");
        let event = held.iter().find(|event| event["event"] == "TamperDetectionActivated").expect("the event");
        assert_eq!((&event["critical"], &event["details"]), (&json!(true), &json!("door")));

        // A clock that is wrong refuses the server's certificate with every try.
        for number in 0..30 {
            let at = format!("2026-07-01T08:00:{number:02}Z");
            let event = json!({"type": "InvalidCsmsCertificate", "timestamp": at, "techInfo": "not yet valid"});
            flow.station.call("SecurityEventNotification", event).await.expect("it is taken");
        }
        let other = json!({"type": "InvalidCsmsCertificate", "timestamp": "2026-07-01T08:01:00Z"});
        flow.station.call("SecurityEventNotification", other).await.expect("it is taken");
        let held = flow.held("security-events");
        let told: Vec<_> = held.iter().filter(|event| event["event"] == "InvalidCsmsCertificate").collect();
        let [other, event] = told[..] else { panic!("two of them: {held:?}") };
        assert_eq!((&event["count"], &other["count"]), (&json!(30), &json!(null)), "{held:?}");
        let said = |member: &str| event[member].as_str().expect("a time").to_owned();
        assert!(
            said("saidAt").starts_with("2026-07-01T08:00:00") && said("lastSaidAt").starts_with("2026-07-01T08:00:29")
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_station_knows_of_a_customer_comes_in_pages() {
    let flow = Flow::of(Version::Ocpp201).await;
    let asked = json!({"requestId": 6, "report": true, "clear": false, "customerIdentifier": "ann"});
    flow.accepted("CustomerInformation", asked).await;
    let is_over = |held: &[Value]| by_id(held, "6")["state"] == "ended";
    let held = flow.until_held("customer-reports", "it is complete", is_over).await;
    assert!(by_id(&held, "6")["pages"]["0"].is_string(), "{held:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn values_of_a_stream_are_known() {
    let flow = Flow::of(Version::Ocpp21).await;
    let stream = json!({"constantStreamData": {"id": 4, "variableMonitoringId": 1, "params": {"interval": 5}}});
    let answer = flow.station.call("OpenPeriodicEventStream", stream).await.expect("it is taken");
    assert_eq!(answer["status"], "Accepted");
    let sent = r#"[6,"x","NotifyPeriodicEventStream",{"id":4,"pending":1,"basetime":"2026-07-01T08:00:00Z","data":[{"t":0,"v":"1"},{"t":9,"v":"3"},{"t":5,"v":"2"}]}]"#;
    let heard = tokio::time::timeout(Duration::from_millis(300), flow.station.say(sent)).await;
    assert!(heard.is_err(), "a SEND is never answered: {heard:?}");
    let streams = flow.until_held("streams", "the newest value counts", |streams| streams[0]["value"] == "3").await;
    let values = json!([
        {"at": "2026-07-01T08:00:00Z", "value": "1"}, {"at": "2026-07-01T08:00:05Z", "value": "2"},
        {"at": "2026-07-01T08:00:09Z", "value": "3"},
    ]);
    assert_eq!((&streams[0]["values"], &streams[0]["valueAt"]), (&values, &json!("2026-07-01T08:00:09Z")));
    assert_eq!(streams[0]["pending"], 1);
    flow.station.call("ClosePeriodicEventStream", json!({"id": 4})).await.expect("it is taken");
    assert!(flow.held("streams").is_empty());
}

/// OCPP 2.1, N11 to N14: a monitor that asks for a stream, its values in the device model, and another interval.
#[tokio::test(flavor = "multi_thread")]
async fn a_stream_tells_the_value_of_what_its_monitor_watches() {
    let flow = Flow::of(Version::Ocpp21).await;
    let monitor = json!({
        "component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "Power"}, "type": "Periodic",
        "value": 1, "severity": 9, "periodicEventStream": {"interval": 10, "values": 2},
    });
    flow.accepted("SetVariableMonitoring", json!({"setMonitoringData": [monitor]})).await;
    let has_values = |streams: &[Value]| streams.first().is_some_and(|stream| stream["values"].is_array());
    let streams = flow.until_held("streams", "values come", has_values).await;
    assert_eq!(streams[0]["place"]["variable"], "Power", "{streams:?}");
    let id = streams[0]["stream"]["id"].clone();
    let sent = json!([6, "x", "NotifyPeriodicEventStream", {
        "id": id, "pending": 0, "basetime": "2026-07-01T08:00:00Z", "data": [{"t": 1, "v": "7400"}, {"t": 0, "v": "7300"}],
    }]);
    let heard = tokio::time::timeout(Duration::from_millis(300), flow.station.say(&sent.to_string())).await;
    assert!(heard.is_err(), "a SEND is never answered: {heard:?}");
    let is_known = |model: &[Value]| {
        model.iter().any(|variable| {
            variable["place"]["variable"] == "Power" && variable["attributes"]["Actual"]["value"] == "7400"
        })
    };
    flow.until_held("device-model", "its value is known", is_known).await;

    flow.accepted("AdjustPeriodicEventStream", json!({"id": id, "params": {"interval": 60}})).await;
    let params = &flow.held("streams")[0]["stream"]["params"];
    assert_eq!(params, &json!({"interval": 60, "values": 2}));
    flow.ask("AdjustPeriodicEventStream", json!({"id": 99, "params": {"interval": 5}})).await;
    assert_eq!(flow.held("streams")[0]["stream"]["params"]["interval"], 60);

    let unheard = json!({"constantStreamData": {"id": 77, "variableMonitoringId": 1, "params": {}}});
    let opened = json!([2, "o", "OpenPeriodicEventStream", unheard]);
    let answer = flow.station.say(&opened.to_string()).await;
    assert!(answer.is_ok(), "{answer:?}");
    assert_eq!(flow.held("streams").len(), 2);
    flow.ask("GetPeriodicEventStream", json!({})).await;
    let streams = flow.held("streams");
    assert_eq!(streams.len(), 1, "the station knows no 77: {streams:?}");
    assert!(streams[0]["stream"]["id"] == id && streams[0]["values"].is_array(), "{streams:?}");
}
