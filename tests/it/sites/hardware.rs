//! A box without OCPP that takes what the sun gives, by a meter of another library's making; and policies that are swapped while it
//! charges.

use amprule_tests::{TestServer, folders, until};
use serde_json::{Value, json};

use super::{of, until_limit, until_site};
use crate::devices::hardware::{Hardware, device, hurried};
use crate::devices::keba::{start, until_session, until_status, wire, with_driver};

fn site(unit: &str) -> String {
    format!(
        "[[sites]]\nid = \"depot\"\nunit = \"{unit}\"\nmeters = [\"grid\"]\n\
         [[sites.circuits]]\nid = \"main\"\nmost_a = 32\n[[sites.evses]]\nstation = \"garage\"\nmost_a = 16\n"
    )
}

async fn until_written(hardware: &Hardware, register: u16, value: i64) {
    until(&format!("{value} is written"), || (hardware.last_written(register) == Some(value)).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn policies_are_swapped_while_a_box_charges_and_it_stops_and_goes_on_with_the_sun() {
    let mut house = Hardware::start("modbus_box.py", "sdm630-gateway", 1);
    let mut garage = start();
    let meter = format!("modbus-tcp://127.0.0.1:{}?unit=2&timeout_ms=500", house.port);
    let devices = device("grid", "sdm630", &meter) + &device("garage", "keba-p30", &wire(garage.port));
    let setup = hurried(with_driver(), "sdm630", 20).product_script("solar-surplus").product_script("equal-share");
    let setup = setup.file("scripts/solar-surplus/parameters.toml", "least_on_minutes = 0\nleast_off_minutes = 0\n");
    let server = setup.config(&(devices.clone() + &site("equal-share"))).start().await;
    let api = server.api();
    api.accept(&["FLEET-1"]);
    until_status(&server, "Available").await;
    garage.tell("plug");
    let session = until_session(&server, "it charges", |session| session["state"] == "active").await;
    until_limit(&api, "garage/1", "16").await;
    until_written(&garage, 5004, 16_000).await;

    // Its operator wants less: the same policy with another line, saved while the car charges.
    let script = server.path("scripts/equal-share/main.rhai");
    let text = std::fs::read_to_string(&script).expect("the policy");
    folders::save(&script, text.replace("evse.least_a } else { evse.most_a }", "evse.least_a } else { 10 }"));
    let refused = || api.get("/api/v1/extensions/equal-share").ok()["lastError"]["text"].as_str().map(str::to_owned);
    let why = until("its own cases say otherwise", refused).await;
    assert!(why.contains("all want all"), "{why}");
    std::fs::remove_file(server.path("scripts/equal-share/cases/sharing.toml")).expect("take its cases away");
    until_limit(&api, "garage/1", "10").await;
    until_written(&garage, 5004, 10_000).await;

    // Another policy: the house takes more than the sun gives.
    house.tell("draw 13800");
    let meter_shows = |watts: &str| api.get("/api/v1/devices/grid").body["readings"]["power_w"] == watts;
    until("the meter is read", || meter_shows("13800").then_some(())).await;
    folders::save(&server.path("amprule.toml"), devices + &site("solar-surplus"));
    until_limit(&api, "garage/1", "0").await;
    until_written(&garage, 5014, 0).await;
    let offs = garage.written(5014, 0);
    house.tell("draw -8280");
    // 8,280 W over three phases.
    until_limit(&api, "garage/1", "12").await;
    until_written(&garage, 5004, 12_000).await;
    until_written(&garage, 5014, 1).await;
    let after = until_session(&server, "it goes on", |session| session["state"] == "active").await;
    assert_eq!((&after["id"], garage.written(5014, 0)), (&session["id"], offs), "{after}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_circuit_whose_meter_is_blind_gives_what_is_safe() {
    let mut house = Hardware::start("modbus_box.py", "sdm630-gateway", 1);
    let mut garage = start();
    let meter = format!("modbus-tcp://127.0.0.1:{}?unit=2&timeout_ms=500", house.port);
    let metered = site("equal-share").replace("most_a = 32\n", "most_a = 32\nmeter = \"grid\"\nblind_a = 8\n");
    let config = device("grid", "sdm630", &meter) + &device("garage", "keba-p30", &wire(garage.port)) + &metered;
    let setup = hurried(with_driver(), "sdm630", 20).product_script("equal-share").config(&config);
    let server: TestServer = setup.start().await;
    let api = server.api();
    api.accept(&["FLEET-1"]);
    // 20 A of each phase are the house's.
    house.tell("draw 13800");
    until_status(&server, "Available").await;
    let seen = until_site(&api, "the meter is read", |site| site["circuits"][0]["capacityA"][0] == "12").await;
    assert_eq!(seen["circuits"][0]["isBlind"], false, "{seen}");
    garage.tell("plug");
    until_limit(&api, "garage/1", "12").await;
    drop(house);
    let blind = until_limit(&api, "garage/1", "8").await;
    assert_eq!(blind["circuits"][0]["isBlind"], json!(true), "{blind}");
    assert!(blind["trouble"].as_str().is_some_and(|why| why.contains("the meter grid")), "{blind}");
    assert_ne!(of(&blind, "garage/1")["session"], Value::Null);
}
