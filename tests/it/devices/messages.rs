//! A fleet at one broker: it goes away and comes back, a plug is gone by its last will, and others flood it.

use amprule_tests::{Management, Setup, TestServer, until};
use serde_json::{Value, json};

use super::hardware::{Hardware, device, hurried, until_connector, until_session};

const BOX: &str = "openevse-mqtt";
const PLUG: &str = "tasmota-plug-mqtt";
const HURRY: u32 = 20;

/// A broker that shows its own certificate, and lets in whom it knows.
#[tokio::test(flavor = "multi_thread")]
async fn a_broker_is_believed_by_its_certificate_and_believes_a_password() {
    let folder = tempfile::tempdir().expect("a folder of the test");
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate");
    let write = |name: &str, text: String| {
        std::fs::write(folder.path().join(name), text).expect("write a file of the test");
        folder.path().join(name).display().to_string()
    };
    let ca = write("cert.pem", made.cert.pem());
    write("key.pem", made.signing_key.serialize_pem());
    write("users", "box:box\nwe:s/e:c@ret".to_owned());
    let place = folder.path().display().to_string();
    let mut evse = Hardware::start_at("mqtt_box.py", BOX, &place, HURRY);
    let wire = |password: &str, path: &str, ca: &str| {
        format!("mqtts://we:{password}@127.0.0.1:{}/{path}?timeout_ms=4000{ca}", evse.port)
    };
    let ca = format!("&ca={ca}");
    let config = device("evse", BOX, &wire("s%2Fe%3Ac%40ret", BOX, &ca))
        + &device("stranger", BOX, &wire("guessed", "stranger", &ca))
        + &device("doubting", BOX, &wire("s%2Fe%3Ac%40ret", "doubting", ""));
    let server = hurried(Setup::default().tariff("0.40"), BOX, HURRY).config(&config).start().await;
    let api = server.api();
    api.accept(&["FLEET-1"]);
    until_connector(&api, "evse", "Available", None).await;
    evse.tell("plug");
    evse.until_gives("over TLS", 48.0).await;
    for (station, why) in [("stranger", "does not let us in for MQTT"), ("doubting", "is believed with ?ca=FILE")] {
        let told = until(station, || troubles(&server, station).into_iter().next()).await;
        assert!(told.contains(why), "{told}");
    }
    assert!(!server.log().contains("guessed") && !server.log().contains("c@ret"), "a password stands in the log");
}

async fn fleet() -> (TestServer, Hardware, Hardware) {
    let evse = Hardware::start("mqtt_box.py", BOX, HURRY);
    let plug = Hardware::start_at("mqtt_box.py", PLUG, &evse.place, HURRY);
    let setup =
        [BOX, PLUG].into_iter().fold(Setup::default().tariff("0.40"), |setup, unit| hurried(setup, unit, HURRY));
    let wire = |unit: &str| format!("mqtt://127.0.0.1:{}/{unit}", evse.port);
    let config = device("evse", BOX, &wire(BOX)) + &device("plug", PLUG, &wire(PLUG));
    let server = setup.config(&config).start().await;
    server.api().accept(&["FLEET-1"]);
    (server, evse, plug)
}

fn troubles(server: &TestServer, station: &str) -> Vec<String> {
    let is_of =
        |line: &&str| line.contains("the device does not work") && line.contains(&format!("station={station} "));
    server.log().lines().filter(is_of).map(str::to_owned).collect()
}

fn trouble(api: &Management, station: &str) -> Option<String> {
    api.get(&format!("/api/v1/devices/{station}")).body["trouble"].as_str().map(str::to_owned)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fleet_outlives_its_broker_and_a_plug_is_gone_by_its_last_will() {
    let (server, mut evse, mut plug) = fleet().await;
    let api = server.api();
    until_connector(&api, "evse", "Available", None).await;
    until_connector(&api, "plug", "Occupied", None).await;
    evse.tell("plug");
    evse.until_gives("at the broker", 48.0).await;
    let flowed = |wh: u32| move |session: &Value| session["energyWh"] == json!(wh);
    evse.tell("flow 100");
    let session = until_session(&api, "evse", "it is metered", flowed(100)).await;

    evse.tell("broker down");
    until("both are told", || trouble(&api, "evse").zip(trouble(&api, "plug"))).await;
    let limit = json!({ "command": "limit", "evse": 1, "maxCurrentA": 10 });
    until("its station is away", || (api.get("/api/v1/stations/evse").body["connected"] == false).then_some(())).await;
    evse.tell("flow 50");
    evse.tell("broker up");
    let now = until_session(&api, "evse", "it goes on", flowed(150)).await;
    assert_eq!((&now["id"], &now["state"]), (&session["id"], &json!("active")), "{now}");
    until("nothing is wrong any more", || {
        (trouble(&api, "evse").is_none() && trouble(&api, "plug").is_none()).then_some(())
    })
    .await;
    api.post("/api/v1/stations/evse/commands", &limit).ok();
    evse.until_gives("it is limited", 10.0).await;
    assert_eq!((troubles(&server, "evse").len(), troubles(&server, "plug").len()), (1, 1), "{}", server.log());

    plug.tell("leave");
    until_connector(&api, "plug", "Unavailable", None).await;
}

/// What others say costs nobody but whom it is said to, and that one is told once.
#[tokio::test(flavor = "multi_thread")]
async fn floods_and_messages_without_end_are_passed_over() {
    let (server, mut evse, plug) = fleet().await;
    let api = server.api();
    until_connector(&api, "plug", "Occupied", None).await;
    evse.tell("plug");
    evse.until_gives("at the broker", 48.0).await;
    evse.tell(&format!("publish {BOX}/not/ours 1000 20000"));
    evse.tell("publish elsewhere/state 1000 50");
    for round in 1..=5 {
        evse.tell("flow 10");
        let is_metered = |session: &Value| session["energyWh"] == round * 10;
        until_session(&api, "evse", "it is metered", is_metered).await;
    }
    evse.tell(&format!("publish {BOX}/total_energy 3000000 1"));
    let of_length = |told: &String| told.contains("a message of more than 64 KiB at total_energy");
    until("it is told", || troubles(&server, "evse").into_iter().find(of_length)).await;
    until("a good message is heard again", || trouble(&api, "evse").is_none().then_some(())).await;
    let told_of_length =
        |station: &str| troubles(&server, station).iter().filter(|told| told.contains("64 KiB")).count();
    assert_eq!((told_of_length("plug"), told_of_length("evse")), (0, 1), "{}", server.log());
    drop(plug);
}
