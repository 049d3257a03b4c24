//! A device that is only a meter: it is shown with what it reads, and is no station.

use amprule_tests::{Setup, until};
use serde_json::{Value, json};

use super::hardware::{Hardware, device, hurried};

async fn story(kind: &str, scheme: &str) {
    let mut hardware = Hardware::start("modbus_box.py", kind, 1);
    let wire = format!("{scheme}://127.0.0.1:{}?unit=2&timeout_ms=500", hardware.port);
    let config = device("house", "sdm630", &wire);
    let server = hurried(Setup::default().tariff("0.40"), "sdm630", 20).config(&config).start().await;
    let api = server.api();
    hardware.tell("draw 6915");
    hardware.tell("flow 500");
    let meter = || Some(api.get("/api/v1/devices/house").body).filter(|meter| meter["readings"]["power_w"] == "6915");
    let meter = until("it is read", meter).await;
    let readings = &meter["readings"];
    assert_eq!((&meter["state"], &meter["trouble"]), (&Value::Null, &Value::Null), "{meter}");
    assert_eq!((&readings["voltage_l1_v"], &readings["energy_wh"]), (&json!("230.5"), &json!("1235000")), "{meter}");
    assert!(meter["seenAt"].is_string(), "{meter}");
    assert!(api.all("/api/v1/stations").is_empty(), "it is no station");
    drop(hardware);
    until("it is away", || api.get("/api/v1/devices/house").body["trouble"].as_str().map(str::to_owned)).await;
    is_read_no_more(&server).await;
    assert!(api.all("/api/v1/stations").is_empty(), "it is no station");
}

/// One that is read no more leaves nothing behind that a person must switch off.
async fn is_read_no_more(server: &amprule_tests::TestServer) {
    amprule_tests::folders::save(&server.path("amprule.toml"), "");
    until("it is read no more", || server.log().contains("the meter is read no more").then_some(())).await;
    assert!(!server.log().contains("switch it off by hand"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_meter_behind_a_gateway() {
    story("sdm630-gateway", "modbus-tcp").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_meter_with_serial_frames_over_tcp() {
    story("sdm630", "modbus-rtu-over-tcp").await;
}
