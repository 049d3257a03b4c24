//! Hardware that speaks no OCPP: a driver, a box of another library's making, and a session with its price.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};

use amprule_tests::{Setup, TestServer, folders, until};
use serde_json::{Value, json};

/// A box by pymodbus, which is told what happens to it and says what was written into its registers.
struct Box {
    child: Child,
    input: ChildStdin,
    port: u16,
    written: Arc<Mutex<Vec<String>>>,
}

impl Box {
    fn start(port: u16) -> Self {
        let python = folders::target().join("venv/bin/python");
        assert!(python.exists(), "pymodbus is missing in target/venv; `cargo xtask test` installs it");
        let mut command = Command::new(python);
        command.arg(folders::root().join("tests/clients/keba.py")).arg(port.to_string());
        command.env("PYTHONDONTWRITEBYTECODE", "1").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("start a box");
        let input = child.stdin.take().expect("its input is ours");
        let mut lines = BufReader::new(child.stdout.take().expect("its output is ours")).lines();
        let ready = lines.next().expect("it says where it is").expect("read the box's output");
        let port = ready.strip_prefix("ready ").and_then(|port| port.parse().ok()).expect("a port");
        let written = Arc::<Mutex<Vec<String>>>::default();
        let ear = Arc::clone(&written);
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                ear.lock().expect("nobody panics with it").push(line);
            }
        });
        Self { child, input, port, written }
    }

    fn tell(&mut self, what: &str) {
        writeln!(self.input, "{what}").expect("tell the box");
    }

    fn written(&self, register: u16, value: i64) -> usize {
        let line = format!("write {register} {value}");
        self.written.lock().expect("nobody panics with it").iter().filter(|written| **written == line).count()
    }

    fn last_written(&self, register: u16) -> Option<i64> {
        let written = self.written.lock().expect("nobody panics with it");
        let head = format!("write {register} ");
        written.iter().rev().find_map(|line| line.strip_prefix(&head)?.parse().ok())
    }
}

impl Drop for Box {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn configured(port: u16, more: &str) -> String {
    format!(
        "[[devices]]\nid = \"garage\"\nunit = \"keba-p30\"\ndefault_token = \"FLEET-1\"\nmeter_s = 1\n{more}\
         [devices.wires]\nmain = \"{}\"\n",
        wire(port)
    )
}

fn wire(port: u16) -> String {
    format!("modbus-tcp://127.0.0.1:{port}?unit=255")
}

fn with_driver() -> Setup {
    // Quicker than a box is asked in the field: a test does not wait for seconds.
    let map = folders::root().join("scripts/keba-p30/device.toml");
    let map = std::fs::read_to_string(map).expect("the shipped map").replace("poll_ms = 1000", "poll_ms = 100");
    Setup::default().tariff("0.40").product_script("keba-p30").file("scripts/keba-p30/device.toml", map)
}

fn setup(port: u16) -> Setup {
    with_driver().config(&configured(port, ""))
}

async fn until_status(server: &TestServer, status: &str) {
    let connector = || server.api().get("/api/v1/stations/garage").body["connectors"][0]["status"].clone();
    until(&format!("the connector is {status}"), || (connector() == status).then_some(())).await;
}

async fn until_session(server: &TestServer, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
    until(what, || server.api().sessions("garage").into_iter().find(|session| holds(session))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_box_without_ocpp_charges_is_priced_and_stopped_like_any_other_station() {
    let mut hardware = Box::start(0);
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
    let mut hardware = Box::start(0);
    let mut server = setup(hardware.port).start().await;
    server.api().accept(&["FLEET-1"]);
    until_status(&server, "Available").await;
    hardware.tell("plug");
    let session = until_session(&server, "it charges", |session| session["state"] == "active").await;
    until("the box is switched on", || (hardware.last_written(5014) == Some(1)).then_some(())).await;

    for version in ["1.0.1", "1.0.2", "1.0.3"] {
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
    until_session(&server, "nothing is lost", |session| session["energyWh"] == json!(30)).await;

    let limit = json!({ "command": "limit", "evse": 1, "maxCurrentA": 12 });
    server.api().post("/api/v1/stations/garage/commands", &limit).ok();
    until("the limit is written", || (hardware.last_written(5004) == Some(12_000)).then_some(())).await;
    let unlimited = hardware.written(5004, 32_000);
    server.stop();
    hardware.tell("flow 10");
    server.restart();
    let now = until_session(&server, "it goes on", |session| session["energyWh"] == json!(40)).await;
    assert_eq!((&now["id"], &now["state"]), (&session["id"], &json!("active")), "{now}");
    let holds = (hardware.last_written(5004), hardware.written(5004, 32_000));
    assert_eq!(holds, (Some(12_000), unlimited), "the limit still holds: {:?}", hardware.written.lock());
    hardware.tell("unplug");
    let ended = until_session(&server, "it has ended", |session| session["state"] == "ended").await;
    assert_eq!((&ended["id"], &ended["energyWh"]), (&session["id"], &json!(40)), "{ended}");
}

/// What ends is switched off, whatever else the box refuses, and nobody hammers it.
#[tokio::test(flavor = "multi_thread")]
async fn a_box_that_refuses_a_limit_is_switched_off_all_the_same() {
    let mut hardware = Box::start(0);
    let server = setup(hardware.port).start().await;
    server.api().accept(&["FLEET-1"]);
    until_status(&server, "Available").await;
    hardware.tell("plug");
    let session = until_session(&server, "it charges", |session| session["state"] == "active").await;
    until("the box is switched on", || (hardware.last_written(5014) == Some(1)).then_some(())).await;
    hardware.tell("refuse 5004");
    let before = hardware.written(5004, 0);
    let stop = json!({ "command": "stop", "transaction": session["transaction"] });
    server.api().post("/api/v1/stations/garage/commands", &stop).ok();
    until("the box is switched off", || (hardware.last_written(5014) == Some(0)).then_some(())).await;
    until("it is told", || server.log().contains("5004").then_some(())).await;
    let tries = hardware.written(5004, 0) - before;
    assert!(tries < 20, "{tries} tries in a moment");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_that_is_refused_switches_nothing_on_and_a_box_that_is_away_is_told() {
    let mut hardware = Box::start(0);
    let server = setup(hardware.port).start().await;
    until_status(&server, "Available").await;
    hardware.tell("plug");
    let refused = until_session(&server, "it is refused", |session| session["state"] == "ended").await;
    assert_eq!(refused["stopReason"], "DeAuthorized", "{refused}");
    assert_eq!((hardware.last_written(5014), hardware.written(5014, 1)), (Some(0), 0), "never for a moment");
    drop(hardware);
    until("it is told", || server.log().contains("the device does not work: 127.0.0.1:").then_some(())).await;
    let is_away = || server.api().get("/api/v1/stations/garage").body["connected"] == false;
    until("the station is away", || is_away().then_some(())).await;
}

/// It charges by the session that this returns.
async fn until_charging(server: &TestServer, hardware: &mut Box) -> Value {
    until_status(server, "Available").await;
    hardware.tell("plug");
    let session = until_session(server, "it charges", |session| session["state"] == "active").await;
    until("the box is switched on", || (hardware.last_written(5014) == Some(1)).then_some(())).await;
    hardware.tell("flow 10");
    until_session(server, "the energy is told", |session| session["energyWh"] == json!(10)).await;
    session
}

async fn until_off(hardware: &Box) {
    until("the box is switched off", || (hardware.last_written(5014) == Some(0)).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_of_the_api_charges_outlives_a_restart_and_is_switched_off_when_it_is_removed() {
    let mut hardware = Box::start(0);
    let mut server = with_driver().start().await;
    let api = server.api();
    api.accept(&["FLEET-1"]);
    let body = json!({
        "unit": "keba-p30", "defaultToken": "FLEET-1", "meterS": 1, "wires": { "main": wire(hardware.port) },
    });
    let made = api.put("/api/v1/devices/garage", &body);
    assert_eq!(made.status, 201, "{}", made.text);
    let session = until_charging(&server, &mut hardware).await;
    let shown = api.get("/api/v1/devices/garage").ok();
    assert_eq!(
        (&shown["boundBy"], &shown["state"], &shown["trouble"]),
        (&json!("api"), &json!("charging"), &Value::Null)
    );
    assert_eq!((&shown["wires"], &shown["defaultToken"]), (&body["wires"], &json!("FLEET-1")), "{shown}");
    let listed = api.all("/api/v1/devices");
    assert_eq!((listed.len(), &listed[0]["id"], listed[0].get("wires")), (1, &json!("garage"), None), "{listed:?}");

    let bad = api.put("/api/v1/devices/garage", &json!({ "wires": { "main": "box" } }));
    assert_eq!((bad.status, &bad.body["error"]["path"]), (422, &json!("/wires/main")), "{}", bad.text);
    // How often it is metered is nothing that a car notices.
    assert_eq!(api.put("/api/v1/devices/garage", &json!({ "meterS": 2 })).status, 200);
    server.stop();
    hardware.tell("flow 10");
    server.restart();
    let now = until_session(&server, "it goes on", |session| session["energyWh"] == json!(20)).await;
    let written = hardware.written(5014, 0);
    assert_eq!((&now["id"], &now["state"], written), (&session["id"], &json!("active"), 1), "{now}");
    let (good, said) = server.operator(&["devices"]);
    assert!(good && said.contains("garage") && said.contains("charging") && said.contains("keba-p30"), "{said}");
    let (good, said) = server.operator(&["devices", "garage"]);
    assert!(good && said.contains(&wire(hardware.port)) && said.contains("metered every 2 s"), "{said}");

    let api = server.api();
    assert_eq!(api.delete("/api/v1/devices/garage").status, 204);
    until_off(&hardware).await;
    let ended = until_session(&server, "it has ended", |session| session["state"] == "ended").await;
    assert_eq!(
        (&ended["id"], &ended["stopReason"], &ended["energyWh"]),
        (&session["id"], &json!("Remote"), &json!(20))
    );
    assert_eq!((api.get("/api/v1/devices/garage").status, api.delete("/api/v1/devices/garage").status), (404, 404));
    server.stop();
    server.restart();
    assert!(server.api().all("/api/v1/devices").is_empty(), "what is removed stays so");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_of_the_configuration_is_bound_otherwise_and_removed_when_the_file_is_saved() {
    let (mut garage, cellar) = (Box::start(0), Box::start(0));
    let server = setup(garage.port).start().await;
    let api = server.api();
    api.accept(&["FLEET-1"]);
    let session = until_charging(&server, &mut garage).await;
    let refused = api.put("/api/v1/devices/garage", &json!({ "meterS": 5 }));
    assert_eq!((refused.status, refused.text.contains("change it there")), (409, true), "{}", refused.text);
    assert_eq!(api.delete("/api/v1/devices/garage").status, 409);
    let body = json!({ "unit": "keba-p30", "wires": { "main": wire(cellar.port) } });
    assert_eq!(api.put("/api/v1/devices/cellar", &body).status, 201);

    // What cannot be meant changes nothing: neither a broken file nor one that wants what the API has.
    let save = |text: &str| folders::save(&server.path("amprule.toml"), text);
    let error = || api.get("/api/v1/chains").ok()["file"]["lastError"]["text"].as_str().map(str::to_owned);
    for (text, why) in [
        (configured(garage.port, "meter = 5\n"), "unknown field `meter`"),
        (configured(garage.port, "").replace("garage", "cellar"), "was bound by the API"),
    ] {
        save(&text);
        until(why, || error().filter(|text| text.contains(why))).await;
    }
    let turns = |id: &str| api.get(&format!("/api/v1/devices/{id}")).body["turns"].as_u64().unwrap_or_default();
    let before = turns("garage");
    save(&configured(garage.port, "").replace("meter_s = 1", "meter_s = 2"));
    until("it is bound otherwise", || (api.get("/api/v1/devices/garage").body["meterS"] == json!(2)).then_some(()))
        .await;
    assert_eq!((error(), turns("garage") < before), (None, true), "it begins anew");
    garage.tell("flow 10");
    let now = until_session(&server, "it goes on", |session| session["energyWh"] == json!(20)).await;
    assert_eq!((&now["id"], garage.written(5014, 0)), (&session["id"], 1), "nothing was switched off");
    assert_eq!(api.get("/api/v1/chains").ok()["file"]["needsRestart"], json!([]));

    // Another box takes its place: the first one is nobody's then.
    api.delete("/api/v1/devices/cellar");
    save(&configured(cellar.port, ""));
    until_off(&garage).await;
    let ended = until_session(&server, "it has ended", |session| session["state"] == "ended").await;
    assert_eq!((&ended["id"], &ended["energyWh"]), (&session["id"], &json!(20)), "{ended}");
    until_status(&server, "Available").await;
    // A box that is away when it is removed cannot be switched off: somebody must know.
    drop(cellar);
    save("");
    until("it is gone", || api.all("/api/v1/devices").is_empty().then_some(())).await;
    until("its station is away", || (api.get("/api/v1/stations/garage").body["connected"] == false).then_some(()))
        .await;
    until("it is told", || server.log().contains("could not be switched off: 127.0.0.1:").then_some(())).await;
}
