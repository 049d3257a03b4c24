//! Plugs: they see no car and cannot limit. What is behind one charges for as long as the plug is on.

use std::time::Duration;

use amprule_tests::{Setup, until};
use serde_json::{Value, json};

use super::hardware::{Hardware, device, hurried, until_connector, until_refused, until_session};

/// What the charger behind it takes.
const DRAWN: f64 = 10.0;

async fn story(unit: &str, hurry: u32, fault: Option<&str>, falls_s: Option<u32>) {
    let (script, kind, path) = if unit.ends_with("-mqtt") {
        ("mqtt_box.py", "mqtt", format!("/{unit}"))
    } else {
        ("http_box.py", "http", String::new())
    };
    let mut hardware = Hardware::start(script, unit, hurry);
    let wire = format!("{kind}://127.0.0.1:{}{path}", hardware.port);
    let parameters = if unit == "shelly-switch" { "[devices.parameters]\nchannel = 1\n" } else { "" };
    let bound = device(unit, unit, &wire) + parameters;
    let setup = hurried(Setup::default().tariff("0.40"), unit, hurry).config(&bound);
    hardware.tell("plug");
    let mut server = setup.start().await;
    let api = server.api();
    // Nobody is let in yet.
    hardware.until_allows("without a session", 0.0).await;
    until_refused(&api, unit).await;
    api.accept(&["FLEET-1"]);
    let command = |what: Value| api.post(&format!("/api/v1/stations/{unit}/commands"), &what).ok();
    let limit = |amperes: f64| command(json!({ "command": "limit", "evse": 1, "maxCurrentA": amperes }));
    let begin = || {
        let token = json!({ "idToken": "FLEET-1", "type": "ISO14443" });
        command(json!({ "command": "start", "evse": 1, "idToken": token }))
    };

    // It is asked about again as soon as it is entered.
    hardware.until_gives(unit, DRAWN).await;
    hardware.tell("flow 537");
    let is_told = |session: &Value| session["state"] == "active" && session["energyWh"] == 537;
    let first = until_session(&api, unit, "its energy is told", is_told).await;
    limit(DRAWN - 1.0);
    hardware.until_allows("it takes more than it may", 0.0).await;
    limit(32.0);
    hardware.until_gives(unit, DRAWN).await;
    let before = hardware.currents();
    if let Some(seconds) = falls_s {
        tokio::time::sleep(Duration::from_secs(seconds.into()) * 5 / (4 * hurry)).await;
        assert_eq!(hardware.currents(), before, "{unit}: it fell back");
    }
    command(json!({ "command": "stop", "transaction": first["transaction"] }));
    hardware.until_allows("it is stopped", 0.0).await;
    let is_over = |session: &Value| session["id"] == first["id"] && session["state"] == "ended";
    let ended = until_session(&api, unit, "it has ended", is_over).await;
    assert_eq!(ended["energyWh"], 537, "{unit}: {ended}");

    begin();
    hardware.until_gives(unit, DRAWN).await;
    hardware.tell("flow 300");
    let is_told = |session: &Value| session["state"] == "active" && session["energyWh"] == 300;
    let second = until_session(&api, unit, "the second one's energy is told", is_told).await;
    if fault.is_some() {
        hardware.tell("fault 1");
        until_connector(&api, unit, "Faulted", fault).await;
        hardware.tell("fault 0");
        until_connector(&api, unit, "Occupied", None).await;
    }
    assert!(!server.log().contains("does not work"), "{unit} was in trouble: {}", server.log());
    if falls_s.is_some() {
        hardware.until_gives(unit, DRAWN).await;
        server.stop();
        hardware.until_allows("nobody tells it that it shall be on", 0.0).await;
        return;
    }
    command(json!({ "command": "stop", "transaction": second["transaction"] }));
    hardware.until_allows("it is stopped", 0.0).await;
    let is_over = || api.sessions(unit).iter().all(|session| session["state"] == "ended");
    until("all is over", || is_over().then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn shelly_plug() {
    story("shelly-plug", 30, Some("the plug protects itself from heat, power or voltage"), Some(90)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tasmota_plug() {
    story("tasmota-plug", 20, None, None).await;
}

/// Code: told once and not at each turn, and with a parameter of the device's own.
#[tokio::test(flavor = "multi_thread")]
async fn shelly_switch() {
    story("shelly-switch", 20, Some("the switch protects itself: overtemp"), None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tasmota_plug_mqtt() {
    story("tasmota-plug-mqtt", 20, None, None).await;
}
