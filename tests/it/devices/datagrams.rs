//! Boxes over UDP that answer to one port of ours, and somebody who answers for them.

use std::net::UdpSocket;

use amprule_tests::{Setup, TestServer, until};
use serde_json::{Value, json};

use super::hardware::{Hardware, device, until_connector, until_session};

const BOX: &str = "keba-p30-udp";

fn any_port() -> u16 {
    UdpSocket::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a port").port()
}

fn troubles(server: &TestServer) -> Vec<String> {
    server.log().lines().filter(|line| line.contains("does not work")).map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn boxes_share_our_port_and_nobody_else_answers_for_them() {
    let (mut garage, yard) = (Hardware::start("udp_box.py", BOX, 1), Hardware::start("udp_box.py", BOX, 1));
    let local = any_port();
    let wire = |hardware: &Hardware| format!("udp://127.0.0.1:{}?local={local}&timeout_ms=3000", hardware.port);
    let config = device("garage", BOX, &wire(&garage)) + &device("yard", BOX, &wire(&yard));
    let server = Setup::default().tariff("0.40").product_script(BOX).config(&config).start().await;
    let api = server.api();
    api.accept(&["FLEET-1"]);
    until_connector(&api, "garage", "Available", None).await;
    until_connector(&api, "yard", "Available", None).await;
    garage.tell("plug");
    garage.until_gives("garage", 32.0).await;
    assert_eq!(yard.currents().last().map(|current| current.given), Some(0.0), "each is told by itself");
    garage.tell("impostor");
    garage.tell("flow 100");
    let is_metered = |session: &Value| session["energyWh"] == json!(100);
    let session = until_session(&api, "garage", "it is metered", is_metered).await;
    let limit = json!({ "command": "limit", "evse": 1, "maxCurrentA": 10.5 });
    garage.tell("impostor");
    api.post("/api/v1/stations/garage/commands", &limit).ok();
    garage.until_gives("it is limited", 10.5).await;
    assert_eq!((&session["state"], troubles(&server)), (&json!("active"), Vec::new()), "{session}");
    for hardware in [&garage, &yard] {
        assert!(!hardware.said().contains(&"hasty".to_owned()), "a box wants a pause: {:?}", hardware.said());
    }

    // A box that is away is told once, and the other goes on.
    drop(yard);
    until("it is told", || (!troubles(&server).is_empty()).then_some(())).await;
    until("its station is away", || (api.get("/api/v1/stations/yard").body["connected"] == false).then_some(())).await;
    garage.tell("flow 100");
    until_session(&api, "garage", "it goes on", |session| session["energyWh"] == json!(200)).await;
    let told = troubles(&server);
    assert!(told.len() == 1 && told[0].contains("does not answer within 3000 ms: look whether it is on"), "{told:#?}");
}
