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

fn setup(port: u16) -> Setup {
    let device = format!(
        "[[devices]]\nid = \"garage\"\nunit = \"keba-p30\"\ndefault_token = \"FLEET-1\"\nmeter_s = 1\n\
         [devices.wires]\nmain = \"modbus-tcp://127.0.0.1:{port}?unit=255\"\n"
    );
    // Quicker than a box is asked in the field: a test does not wait for seconds.
    let map = folders::root().join("scripts/keba-p30/device.toml");
    let map = std::fs::read_to_string(map).expect("the shipped map").replace("poll_ms = 1000", "poll_ms = 100");
    Setup::default().tariff("0.40").product_script("keba-p30").file("scripts/keba-p30/device.toml", map).config(&device)
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
