//! Drivers in WASM that do what no driver should, and one beside them that charges.

use amprule_tests::{Setup, folders, units, until};
use serde_json::json;

use super::hardware::{Hardware, device, until_connector, until_session};
use super::keba::wire;

/// What it does, and what people are told.
const MOODS: [(&str, &str); 11] = [
    ("trap", "the plugin panicked or reached code that it holds for unreachable"),
    ("loop", "used up its fuel"),
    ("bomb", "more memory than its limit allows"),
    ("other-wire", "secret"),
    ("other-kind", "main"),
    ("asks", "it asks its wires for more than 64 things in one turn"),
    ("no-count", "0 registers from 1000 on are no read"),
    ("keeps-much", "it keeps more than 16 KiB for its next turn"),
    ("keeps-nonsense", "keep: \"{\" is no JSON"),
    ("phases", "phases: 1 to 3, and not 9"),
    ("refuses", "I do not want to"),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_driver_that_does_what_it_must_not_costs_its_own_device_and_no_other() {
    let mut hardware = Hardware::start("modbus_box.py", "keba-p30", 10);
    let bound = |id: &str| device(id, "moody", &wire(hardware.port));
    let moody = MOODS.map(|(mood, _)| format!("{}[devices.parameters]\nmood = \"{mood}\"\n", bound(mood)));
    let setup = Setup::default().tariff("0.40").config(&(bound("garage") + &moody.concat()));
    units::copy_plugin(&folders::root().join("tests/guests/driver"), &setup.folder().join("plugins/moody"));
    let server = setup.start().await;
    let api = server.api();
    api.accept(&["FLEET-1"]);
    until_connector(&api, "garage", "Available", None).await;
    hardware.tell("plug");
    hardware.until_gives("beside bad drivers", 16.0).await;
    hardware.tell("flow 25");
    until_session(&api, "garage", "its energy is told", |session| session["energyWh"] == json!(25)).await;
    for (mood, told) in MOODS {
        let trouble = || api.get(&format!("/api/v1/devices/{mood}")).body["trouble"].as_str().map(str::to_owned);
        let trouble = until(&format!("{mood} is told"), trouble).await;
        assert!(trouble.contains(told), "{mood}: {trouble}");
        assert_eq!(api.get(&format!("/api/v1/stations/{mood}")).status, 404, "{mood} is no station");
        let log = server.log();
        let lines =
            log.lines().filter(|line| line.contains(&format!("station={mood} ")) && line.contains("does not work"));
        assert_eq!(lines.count(), 1, "{mood} is told once: {log}");
    }
    hardware.tell("unplug");
    let ended = until_session(&api, "garage", "it has ended", |session| session["state"] == "ended").await;
    assert_eq!((&ended["energyWh"], &ended["stopReason"]), (&json!(25), &json!("EVDisconnected")), "{ended}");
}
