//! A serial line: a box and a meter on it, an adapter that is unplugged, and noise.

use amprule_tests::{Management, Setup, TestServer, folders, until};
use serde_json::{Value, json};

use super::hardware::{Hardware, device, hurried, until_connector, until_session};

const BOX: &str = "heidelberg-energy-control";
const HURRY: u32 = 10;

fn wire(line: &Hardware, unit: u8, more: &str) -> String {
    format!("modbus-rtu://{}?unit={unit}&timeout_ms=500{more}", line.place)
}

fn config(line: &Hardware, of_box: &str, of_meter: &str) -> String {
    device("garage", BOX, &wire(line, 1, of_box)) + &device("house", "sdm630", &wire(line, 2, of_meter))
}

async fn server(config: &str) -> TestServer {
    let setup =
        ["sdm630", BOX].into_iter().fold(Setup::default().tariff("0.40"), |setup, unit| hurried(setup, unit, HURRY));
    let server = setup.config(config).start().await;
    server.api().accept(&["FLEET-1"]);
    server
}

fn reading(api: &Management, name: &str) -> Value {
    api.get("/api/v1/devices/house").body["readings"][name].clone()
}

fn troubles(server: &TestServer) -> Vec<String> {
    server.log().lines().filter(|line| line.contains("does not work")).map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_box_and_a_meter_share_a_line_and_an_adapter_may_be_unplugged() {
    let mut line = Hardware::start("serial_bus.py", "heidelberg-energy-control+sdm630", HURRY);
    let server = server(&config(&line, "&baud=19200", "&baud=19200")).await;
    let api = server.api();
    until_connector(&api, "garage", "Available", None).await;
    line.tell("plug");
    line.until_gives("on a line", 16.0).await;
    line.tell("flow 500");
    line.tell("at 2 draw 11040");
    until_session(&api, "garage", "it is metered", |session| session["energyWh"] == json!(500)).await;
    until("the meter is read", || (reading(&api, "power_w") == json!("11040")).then_some(())).await;
    assert_eq!(troubles(&server), Vec::<String>::new());

    line.tell("away");
    until("both are told", || (troubles(&server).len() == 2).then_some(())).await;
    until("its station is away", || (api.get("/api/v1/stations/garage").body["connected"] == false).then_some(()))
        .await;
    line.tell("back");
    line.until_gives("it is said again", 16.0).await;
    line.tell("flow 250");
    let session = until_session(&api, "garage", "it goes on", |session| session["energyWh"] == json!(750)).await;
    assert_eq!((session["state"].clone(), api.sessions("garage").len()), (json!("active"), 1));
    line.tell("at 2 draw 4140");
    until("the meter is read again", || (reading(&api, "power_w") == json!("4140")).then_some(())).await;
    let told = troubles(&server);
    assert!(told.iter().all(|line| line.contains("look whether the adapter is plugged in")), "{told:#?}");
}

/// Bytes before each answer are passed over or told once; a question that nobody answers holds up nobody else for long.
#[tokio::test(flavor = "multi_thread")]
async fn noise_on_a_line_and_another_speed_are_told_once() {
    let mut line = Hardware::start("serial_bus.py", "heidelberg-energy-control+sdm630", HURRY);
    let server = server(&config(&line, "&baud=19200", "&baud=19200&stop=2")).await;
    let api = server.api();
    line.tell("plug");
    line.until_gives("on a line", 16.0).await;
    let other = || troubles(&server).into_iter().find(|line| line.contains("station=house "));
    let told = until("another speed is told", other).await;
    assert!(told.contains("with 19200 baud, 8N1, and this one with 19200 baud, 8N2"), "{told}");

    // From here on what flows counts.
    until_session(&api, "garage", "it has begun", |session| session["state"] == json!("active")).await;

    // What nobody asked for, half an answer, and 300 bytes without an end.
    for noise in ["ff", "0104", "55", "0104020007"] {
        line.tell(&format!("noise {}", noise.repeat(60)));
    }
    line.tell("flow 100");
    until_session(&api, "garage", "it is metered", |session| session["energyWh"] == json!(100)).await;
    line.tell(&format!("stray {}", "01a5".repeat(100)));
    line.tell("flow 100");
    until_session(&api, "garage", "an answer is found in noise", |session| session["energyWh"] == json!(200)).await;
    line.tell(&format!("stray {}", "a5".repeat(600)));
    until("noise is told", || (troubles(&server).len() == 2).then_some(())).await;
    line.tell("stray");
    line.tell("flow 100");
    until_session(&api, "garage", "it is metered again", |session| session["energyWh"] == json!(300)).await;
    assert_eq!(troubles(&server).len(), 2, "{:#?}", troubles(&server));

    // Bound alike they share it, at another speed too.
    line.tell("at 2 draw 4140");
    folders::save(&server.path("amprule.toml"), config(&line, "&baud=57600", "&baud=57600"));
    until("the meter is read", || (reading(&api, "power_w") == json!("4140")).then_some(())).await;
    line.tell("flow 100");
    let session = until_session(&api, "garage", "it goes on", |session| session["energyWh"] == json!(400)).await;
    assert_eq!((&session["state"], line.currents().last().map(|now| now.given)), (&json!("active"), Some(16.0)));
}
