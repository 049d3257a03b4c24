//! Devices that are bound, bound otherwise and removed while the server runs: by the API and by the configuration file.

use amprule_tests::station16::Station16;
use amprule_tests::{Setup, TestServer, folders, until};
use serde_json::{Value, json};

use super::hardware::{Hardware, device};
use super::keba::{setup, start, until_session, until_status, wire, with_driver};

fn configured(port: u16) -> String {
    device("garage", "keba-p30", &wire(port))
}

/// It charges by the session that this returns.
async fn until_charging(server: &TestServer, hardware: &mut Hardware) -> Value {
    until_status(server, "Available").await;
    hardware.tell("plug");
    let session = until_session(server, "it charges", |session| session["state"] == "active").await;
    until("the box is switched on", || (hardware.last_written(5014) == Some(1)).then_some(())).await;
    hardware.tell("flow 10");
    until_session(server, "the energy is told", |session| session["energyWh"] == json!(10)).await;
    session
}

async fn until_off(hardware: &Hardware) {
    until("the box is switched off", || (hardware.last_written(5014) == Some(0)).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_of_the_api_charges_outlives_a_restart_and_is_switched_off_when_it_is_removed() {
    let mut hardware = start();
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

    let twice = api.put("/api/v1/devices/attic", &body);
    assert_eq!(
        (twice.status, twice.text.contains("garage and attic are the same hardware")),
        (409, true),
        "{}",
        twice.text
    );
    let misspelt = api.put("/api/v1/devices/garage", &json!({ "unit": "keba-p03" }));
    assert_eq!((misspelt.status, misspelt.text.contains("goes on as it was bound")), (409, true), "{}", misspelt.text);
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
    // Bound again, the car that is still there charges again.
    assert_eq!(api.put("/api/v1/devices/garage", &body).status, 201);
    until("a second session begins", || (api.sessions("garage").len() == 2).then_some(())).await;
    assert_eq!(api.delete("/api/v1/devices/garage").status, 204);
    until("it has ended, too", || {
        api.sessions("garage").iter().all(|session| session["state"] == "ended").then_some(())
    })
    .await;
    server.stop();
    server.restart();
    assert!(server.api().all("/api/v1/devices").is_empty(), "what is removed stays so");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_of_the_configuration_is_bound_otherwise_and_removed_when_the_file_is_saved() {
    let (mut garage, cellar) = (start(), start());
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
        (configured(garage.port).replace("meter_s", "meter"), "unknown field `meter`"),
        (configured(garage.port).replace("garage", "cellar"), "was bound by the API"),
        (
            configured(garage.port) + &device("attic", "keba-p30", &wire(cellar.port)),
            "cellar and attic are the same hardware",
        ),
        (
            configured(garage.port) + "[devices.parameters]\nnonsense = 3\n",
            "the device garage goes on as it was bound: parameters: ",
        ),
        (
            configured(garage.port).replace("p30", "p03"),
            "there is no active driver keba-p03; did you mean \"keba-p30\"?",
        ),
        (configured(garage.port).replace("main", "mian"), "mian: the driver has no such wire; did you mean \"main\"?"),
    ] {
        save(&text);
        until(why, || error().filter(|text| text.contains(why))).await;
    }
    let turns = |id: &str| api.get(&format!("/api/v1/devices/{id}")).body["turns"].as_u64().unwrap_or_default();
    let before = turns("garage");
    save(&configured(garage.port).replace("meter_s = 1", "meter_s = 2"));
    until("it is bound otherwise", || (api.get("/api/v1/devices/garage").body["meterS"] == json!(2)).then_some(()))
        .await;
    assert_eq!((error(), turns("garage") < before), (None, true), "it begins anew");
    garage.tell("flow 10");
    let now = until_session(&server, "it goes on", |session| session["energyWh"] == json!(20)).await;
    assert_eq!((&now["id"], garage.written(5014, 0)), (&session["id"], 1), "nothing was switched off");
    assert_eq!(api.get("/api/v1/chains").ok()["file"]["needsRestart"], json!([]));

    // Nobody speaks in a device's name.
    Station16::connect(&server, "garage").await.wire.closed().await;
    let is_told = || server.log().contains("by OCPP under the id of a device").then_some(());
    until("it is told", is_told).await;
    let sessions = api.sessions("garage");
    assert_eq!((sessions.len(), &sessions[0]["marks"]), (1, &json!([])), "{sessions:?}");

    // Another box takes its place: the first one is nobody's then.
    api.delete("/api/v1/devices/cellar");
    save(&configured(cellar.port));
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

/// A wrong register is told, and not found out by a bill without energy.
#[tokio::test(flavor = "multi_thread")]
async fn what_counts_and_is_not_there_is_told_while_the_device_works() {
    let hardware = start();
    let manifest = "id = \"mine\"\nversion = \"1.0.0\"\ndescription = \"A box.\"\napi = 1\nhooks = [\"device\"]\n";
    let map = "[device]\nvendor = \"Maker\"\nmodel = \"Box\"\n[points]\nstate = { register = 1000, type = \"u32\" }\n\
               energy_wh = { register = 401, type = \"u32\" }\n[[state]]\nis = \"available\"\nwhen = { state = 1 }\n\
               [commands]\nlimit = [{ register = 5004, scale = 1000 }]\n";
    let setup = Setup::default().file("scripts/mine/plugin.toml", manifest).file("scripts/mine/device.toml", map);
    let server = setup.tariff("0.40").config(&device("garage", "mine", &wire(hardware.port))).start().await;
    until_status(&server, "Available").await;
    let remark = || server.api().get("/api/v1/devices/garage").body["remark"].as_str().map(str::to_owned);
    let remark = until("it is told", remark).await;
    let why = "energy_wh is not there: 127.0.0.1:";
    assert!(remark.starts_with(why) && remark.contains("exception 2, illegal data address"), "{remark}");
    assert!(server.log().contains(&format!("looks for what the device does not show: {why}")), "{}", server.log());
}

/// Wires that are changed while the server is down lead to another car.
#[tokio::test(flavor = "multi_thread")]
async fn other_hardware_inherits_no_session_and_nothing_is_switched_on_there() {
    let (mut garage, mut other) = (start(), start());
    let mut server = setup(garage.port).start().await;
    server.api().accept(&["FLEET-1"]);
    let session = until_charging(&server, &mut garage).await;
    other.tell("app 0");
    server.kill();
    folders::save(&server.path("amprule.toml"), configured(other.port));
    server.restart();
    let ended = until_session(&server, "it has ended", |session| session["state"] == "ended").await;
    assert_eq!((&ended["id"], &ended["stopReason"]), (&session["id"], &json!("Other")), "{ended}");
    until_status(&server, "Available").await;
    assert_eq!((other.last_written(5014), other.written(5014, 1)), (Some(0), 0), "{:?}", other.said());
}
