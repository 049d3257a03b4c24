//! A box in all that a session goes through: restarts, refusals, new versions of its driver.

use amprule_tests::{Setup, TestServer, folders, until};
use serde_json::{Value, json};

use super::hardware::{self, Hardware, device, hurried, until_connector, until_refused};

const HURRY: u32 = 10;

pub(crate) fn start() -> Hardware {
    Hardware::start("modbus_box.py", "keba-p30", HURRY)
}

pub(crate) fn wire(port: u16) -> String {
    format!("modbus-tcp://127.0.0.1:{port}?unit=255")
}

pub(crate) fn with_driver() -> Setup {
    hurried(Setup::default().tariff("0.40"), "keba-p30", HURRY)
}

pub(crate) fn setup(port: u16) -> Setup {
    with_driver().config(&device("garage", "keba-p30", &wire(port)))
}

pub(crate) async fn until_status(server: &TestServer, status: &str) {
    until_connector(&server.api(), "garage", status, None).await;
}

pub(crate) async fn until_session(server: &TestServer, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
    hardware::until_session(&server.api(), "garage", what, holds).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_box_without_ocpp_charges_is_priced_and_stopped_like_any_other_station() {
    let mut hardware = start();
    let server = setup(hardware.port).start().await;
    let api = server.api();
    api.accept(&["FLEET-1"]);
    until_status(&server, "Available").await;
    let station = api.get("/api/v1/stations/garage").ok();
    assert_eq!((&station["vendor"], &station["serial"]), (&json!("KEBA"), &json!("22334455")), "{station}");
    assert_eq!(hardware.last_written(5014), Some(0), "nobody charges without a session");

    hardware.tell("plug");
    let session = until_session(&server, "it charges", |session| session["state"] == "active").await;
    until("the box is switched on", || (hardware.last_written(5014) == Some(1)).then_some(())).await;
    hardware.tell("flow 10");
    until_session(&server, "the energy is told", |session| session["energyWh"] == json!(10)).await;
    let limit = json!({ "command": "limit", "evse": 1, "maxCurrentA": 10 });
    api.post("/api/v1/stations/garage/commands", &limit).ok();
    until("the limit is written", || (hardware.last_written(5004) == Some(10_000)).then_some(())).await;
    hardware.tell("unplug");
    let ended = until_session(&server, "it has ended", |session| session["state"] == "ended").await;
    assert_eq!((&ended["id"], &ended["stopReason"]), (&session["id"], &json!("EVDisconnected")), "{ended}");
    assert_eq!(ended["lines"][0]["quantity"], json!("0.01"), "{ended}");
    until("the box is switched off", || (hardware.last_written(5014) == Some(0)).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_goes_on_through_restarts_of_the_server_and_of_the_box_and_new_versions_of_the_driver() {
    let mut hardware = start();
    let mut server = setup(hardware.port).start().await;
    server.api().accept(&["FLEET-1"]);
    until_status(&server, "Available").await;
    hardware.tell("plug");
    let session = until_session(&server, "it charges", |session| session["state"] == "active").await;
    until("the box is switched on", || (hardware.last_written(5014) == Some(1)).then_some(())).await;

    for version in (1..=50).map(|number| format!("1.0.{number}")) {
        let manifest = server.path("scripts/keba-p30/plugin.toml");
        let text = std::fs::read_to_string(&manifest).expect("the manifest");
        let at = text.find("version = ").expect("it has a version");
        let rest = text[at..].find('\n').expect("a line") + at;
        folders::save(&manifest, format!("{}version = \"{version}\"{}", &text[..at], &text[rest..]));
        hardware.tell("flow 10");
        until("the new driver is at work", || {
            server
                .log()
                .contains(&format!("the driver is at work station=garage driver=\"keba-p30\" version=\"{version}\""))
                .then_some(())
        })
        .await;
    }
    until_session(&server, "nothing is lost", |session| session["energyWh"] == json!(500)).await;

    let limit = json!({ "command": "limit", "evse": 1, "maxCurrentA": 12 });
    server.api().post("/api/v1/stations/garage/commands", &limit).ok();
    until("the limit is written", || (hardware.last_written(5004) == Some(12_000)).then_some(())).await;
    let unlimited = hardware.written(5004, 32_000);
    server.stop();
    hardware.tell("flow 10");
    server.restart();
    let now = until_session(&server, "it goes on", |session| session["energyWh"] == json!(510)).await;
    assert_eq!((&now["id"], &now["state"]), (&session["id"], &json!("active")), "{now}");
    let holds = (hardware.last_written(5004), hardware.written(5004, 32_000));
    assert_eq!(holds, (Some(12_000), unlimited), "the limit still holds: {:?}", hardware.said());
    hardware.tell("unplug");
    let ended = until_session(&server, "it has ended", |session| session["state"] == "ended").await;
    assert_eq!((&ended["id"], &ended["energyWh"]), (&session["id"], &json!(510)), "{ended}");
    assert_eq!((&ended["total"], &ended["marks"]), (&json!("0.20"), &json!([])), "to the cent: {ended}");
}

/// Where a device stands is its station's location, for rules and reports, until somebody says otherwise there.
#[tokio::test(flavor = "multi_thread")]
async fn a_device_stands_where_its_binding_says_and_is_counted() {
    let hardware = start();
    let binding = device("garage", "keba-p30", &wire(hardware.port));
    let binding = binding.replacen("[[devices]]\n", "[[devices]]\nlocation = \"Depot\"\n", 1);
    let server = with_driver().config(&binding).start().await;
    let api = server.api();
    until_status(&server, "Available").await;
    let location = || api.get("/api/v1/stations/garage").ok()["location"].clone();
    until("its place is in the record", || (location() == "Depot").then_some(())).await;
    assert_eq!(api.get("/api/v1/devices/garage").ok()["location"], "Depot");
    let counted = "amprule_devices{extension=\"keba-p30\",state=\"available\"} 1";
    until("it is counted", || api.get("/metrics").text.contains(counted).then_some(())).await;

    api.put("/api/v1/stations/garage", &json!({ "location": "Yard", "timeZone": "Europe/Berlin" })).ok();
    folders::save(&server.path("amprule.toml"), binding.replace("Depot", "Harbour"));
    until("it is moved", || (location() == "Harbour").then_some(())).await;
    assert_eq!(api.get("/api/v1/stations/garage").ok()["timeZone"], "Europe/Berlin", "all else stays");
}

/// Phases are switched while nothing flows, and a cable is let go when its session has ended.
#[tokio::test(flavor = "multi_thread")]
async fn a_box_charges_with_as_many_phases_as_it_is_told_and_lets_its_cable_go() {
    let mut hardware = start();
    let server = setup(hardware.port).start().await;
    let api = server.api();
    api.accept(&["FLEET-1"]);
    until_status(&server, "Available").await;
    hardware.tell("plug");
    let session = until_session(&server, "it charges", |session| session["state"] == "active").await;
    until("the box is switched on", || (hardware.last_written(5014) == Some(1)).then_some(())).await;

    let one = json!({ "command": "limit", "evse": 1, "maxPowerW": 2300, "phases": 1, "waitS": 5 });
    assert_eq!(api.post("/api/v1/stations/garage/commands", &one).ok()["answer"]["verdict"], "accepted");
    until("it is off", || (hardware.last_written(5014) == Some(0)).then_some(())).await;
    until("its phases are switched", || (hardware.last_written(5052) == Some(0)).then_some(())).await;
    assert_eq!((hardware.last_written(5050), hardware.last_written(5014)), (Some(3), Some(0)), "while it is off");
    until("it goes on with 10 A of one phase", || {
        (hardware.last_written(5014) == Some(1) && hardware.last_written(5004) == Some(10_000)).then_some(())
    })
    .await;
    let three = json!({ "command": "limit", "evse": 1, "maxCurrentA": 10, "phases": 3, "waitS": 5 });
    let soon = api.post("/api/v1/stations/garage/commands", &three).ok();
    assert!(soon["answer"]["reason"].as_str().is_some_and(|why| why.contains("ask again in")), "{soon}");

    let unlock = json!({ "command": "unlock", "evse": 1, "waitS": 5 });
    assert_eq!(api.post("/api/v1/stations/garage/commands", &unlock).ok()["answer"]["verdict"], "accepted");
    until("the cable is let go", || (hardware.last_written(5012) == Some(0)).then_some(())).await;
    let ended = until_session(&server, "it has ended", |session| session["state"] == "ended").await;
    assert_eq!(ended["id"], session["id"], "{ended}");
    assert_eq!((hardware.last_written(5014), hardware.written(5012, 0)), (Some(0), 1), "off, and once");
}

/// What ends is switched off, whatever else the box refuses, and nobody hammers it.
#[tokio::test(flavor = "multi_thread")]
async fn a_box_that_refuses_a_limit_is_switched_off_all_the_same() {
    let mut hardware = start();
    let server = setup(hardware.port).start().await;
    server.api().accept(&["FLEET-1"]);
    until_status(&server, "Available").await;
    hardware.tell("plug");
    let session = until_session(&server, "it charges", |session| session["state"] == "active").await;
    until("the box is switched on", || (hardware.last_written(5014) == Some(1)).then_some(())).await;
    hardware.tell("refuse 5004");
    let limit = json!({ "command": "limit", "evse": 1, "maxCurrentA": 10 });
    server.api().post("/api/v1/stations/garage/commands", &limit).ok();
    until("it is told", || server.log().contains("5004").then_some(())).await;
    hardware.tell("flow 40");
    until_session(&server, "it is metered all the same", |session| session["energyWh"] == json!(40)).await;
    let stop = json!({ "command": "stop", "transaction": session["transaction"] });
    server.api().post("/api/v1/stations/garage/commands", &stop).ok();
    until("the box is switched off", || (hardware.last_written(5014) == Some(0)).then_some(())).await;
    let tries = hardware.written(5004, 10_000);
    assert!(tries < 20, "{tries} tries in a moment");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_that_is_refused_switches_nothing_on_and_a_box_that_is_away_is_told() {
    let mut hardware = start();
    let server = setup(hardware.port).start().await;
    until_status(&server, "Available").await;
    let events = server.api().events();
    hardware.tell("plug");
    until_refused(&server.api(), "garage").await;
    assert_eq!((hardware.last_written(5014), hardware.written(5014, 1)), (Some(0), 0), "never for a moment");
    drop(hardware);
    until("it is told", || server.log().contains("the device does not work: 127.0.0.1:").then_some(())).await;
    events.until(&["device.trouble", "is not reached"]).await;
    let is_away = || server.api().get("/api/v1/stations/garage").body["connected"] == false;
    until("the station is away", || is_away().then_some(())).await;
}

/// What a driver is written in is nobody's business but its own, and one that does not work gives its place back.
#[tokio::test(flavor = "multi_thread")]
async fn a_map_gives_its_place_to_code_and_takes_it_back_when_that_fails_while_a_car_charges() {
    let mut hardware = start();
    let mut server = setup(hardware.port).start().await;
    server.api().accept(&["FLEET-1"]);
    until_status(&server, "Available").await;
    hardware.tell("plug");
    let session = until_session(&server, "it charges", |session| session["state"] == "active").await;
    hardware.until_gives("it charges", 32.0).await;
    hardware.tell("flow 10");
    until_session(&server, "its energy is told", |session| session["energyWh"] == json!(10)).await;

    let code = |version: &str, body: &str| {
        let folder = server.path("scripts/keba-p30");
        let manifest = format!(
            "id = \"keba-p30\"\nversion = \"{version}\"\ndescription = \"In code\"\napi = 1\nhooks = [\"device\"]\n\
             [device]\nvendor = \"KEBA\"\nmodel = \"P30\"\npoll_ms = 100\nwires = {{ main = \"modbus\" }}\n"
        );
        std::fs::remove_dir_all(&folder).expect("remove the driver before");
        std::fs::create_dir(&folder).expect("make the driver's folder");
        std::fs::write(folder.join("main.rhai"), body).expect("write a script");
        std::fs::write(folder.join("plugin.toml"), manifest).expect("write a manifest");
    };
    code(
        "2.0.0",
        "fn turn(device) {\n    if device.fresh {\n        write(\"main\", 5014, if device.on { 1 } else { 0 });\n    }\n    let wh = u32_of(read(\"main\", 1036, 2), 0) / 10;\n    \
         let cable = u32_of(read(\"main\", 1004, 2), 0);\n    seen(if cable == 7 { \"charging\" } else { \"available\" }, #{ energy_wh: wh })\n}\n",
    );
    let is_at_work = |what: &str| server.log().contains(what).then_some(());
    until("code is at work", || {
        is_at_work("the driver is at work station=garage driver=\"keba-p30\" version=\"2.0.0\"")
    })
    .await;
    hardware.tell("flow 10");
    until_session(&server, "its energy goes on", |session| session["energyWh"] == json!(20)).await;
    let off = hardware.written(5014, 0);
    code("2.1.0", "fn turn(device) {\n    throw \"not finished\";\n}\n");
    until("the one before drives again", || is_at_work("version 2.1.0 failed in its first turns, 3 times in a row"))
        .await;
    hardware.tell("flow 10");
    let now = until_session(&server, "its energy goes on", |session| session["energyWh"] == json!(30)).await;
    let standing = server.api().get("/api/v1/devices/garage").ok();
    assert_eq!((&now["id"], &now["state"]), (&session["id"], &json!("active")), "{now}");
    assert_eq!((&standing["driverVersion"], hardware.written(5014, 0)), (&json!("2.0.0"), off), "{standing}");

    // What failed has no place after a restart either.
    server.stop();
    hardware.tell("flow 10");
    server.restart();
    until_session(&server, "it goes on", |session| session["energyWh"] == json!(40)).await;
    let standing = server.api().get("/api/v1/devices/garage").ok();
    assert_eq!((&standing["driverVersion"], &standing["trouble"]), (&json!("2.0.0"), &Value::Null), "{standing}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_box_that_somebody_else_switches_on_is_switched_off_again_and_told() {
    let mut hardware = start();
    let server = with_driver().config(&device("garage", "keba-p30", &wire(hardware.port))).start().await;
    until_status(&server, "Available").await;
    hardware.tell("plug");
    until_refused(&server.api(), "garage").await;
    let off = hardware.written(5014, 0);
    hardware.tell("app 16");
    hardware.until_gives("by its app", 16.0).await;
    hardware.until_allows("it is told again", 0.0).await;
    assert_eq!((hardware.written(5014, 0), hardware.written(5014, 1)), (off + 1, 0), "once");
    assert!(server.log().contains("it charges though nobody was let in"), "{}", server.log());
}
