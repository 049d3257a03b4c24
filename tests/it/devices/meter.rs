//! A device that is only a meter: it is shown with what it reads, and is no station.

use amprule_tests::{Setup, folders, until};
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
    folders::save(&server.path("amprule.toml"), "");
    until("it is read no more", || server.log().contains("the meter is read no more").then_some(())).await;
    assert!(!server.log().contains("switch it off by hand"));
}

/// Who binds it otherwise is not sent to the hardware: nothing was ever switched on there.
#[tokio::test(flavor = "multi_thread")]
async fn a_unit_that_is_misspelt_is_told_with_the_one_that_was_meant() {
    let config = device("house", "smd630", "modbus-tcp://127.0.0.1:1?unit=2");
    let server = Setup::default().tariff("0.40").product_script("sdm630").config(&config).start().await;
    let trouble = || server.api().get("/api/v1/devices/house").body["trouble"].as_str().map(str::to_owned);
    let trouble = until("it is told", trouble).await;
    assert_eq!(trouble, "there is no active driver smd630; did you mean \"sdm630\"?");
    folders::save(&server.path("amprule.toml"), "");
    until("it is gone", || server.log().contains("no driver was ever at work").then_some(())).await;
    assert!(!server.log().contains("could not be switched off"), "{}", server.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_meter_behind_a_gateway() {
    story("sdm630-gateway", "modbus-tcp").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_meter_with_serial_frames_over_tcp() {
    story("sdm630", "modbus-rtu-over-tcp").await;
}

/// Telegrams that nobody asks for: what was heard last is what is read, until nothing was heard for a while.
async fn listened_to(way: &str, wire: impl Fn(&Hardware) -> String) {
    let mut meter = Hardware::start_at("line_box.py", "dsmr-p1", way, 10);
    let config = device("house", "dsmr-p1", &wire(&meter));
    let map =
        std::fs::read_to_string(folders::root().join("scripts/dsmr-p1/device.toml")).expect("a map of the product");
    let map = map.replace("poll_ms = 2000", "poll_ms = 200").replace("stale_s = 15", "stale_s = 10");
    let setup = Setup::default().tariff("0.40").product_script("dsmr-p1").file("scripts/dsmr-p1/device.toml", &map);
    let server = setup.config(&config).start().await;
    let api = server.api();
    let until_drawn = async |watts: &str| {
        let reads = || Some(api.get("/api/v1/devices/house").body).filter(|read| read["readings"]["power_w"] == watts);
        until(&format!("{way}: it draws {watts} W"), reads).await["readings"].clone()
    };
    meter.tell("flow 500");
    meter.tell("draw 6900");
    let readings = until_drawn("6900").await;
    let expected = (&json!("2300"), &json!("10"), &json!("1235000"), &json!("3000"));
    let names = ["power_l1_w", "current_l1_a", "energy_wh", "export_wh"];
    let [power, current, energy, export] = names.map(|name| &readings[name]);
    assert_eq!((power, current, energy, export), expected, "{readings}");
    meter.tell("draw -1500");
    assert_eq!(until_drawn("-1500").await["power_l3_w"], json!("-500"));
    assert!(!server.log().contains("does not work"), "{}", server.log());
    meter.tell("silent");
    let trouble = || api.get("/api/v1/devices/house").body["trouble"].as_str().map(str::to_owned);
    let trouble = until("it is silent", trouble).await;
    assert!(trouble.contains("nothing was heard of 1-0:1.7.0( for 10 s"), "{trouble}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_meter_that_says_lines_over_tcp() {
    listened_to("tcp", |meter| format!("tcp://127.0.0.1:{}", meter.port)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_meter_that_says_lines_over_a_cable() {
    listened_to("serial", |meter| format!("serial://{}?baud=115200", meter.place)).await;
}
