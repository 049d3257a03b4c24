//! Which stations are heard, and by a configuration that changes while the server runs.

use amprule_tests::station16::Station16;
use amprule_tests::{Setup, ago, amprule, until};
use serde_json::json;

use super::backend::{Backend, Mood};
use super::{line, until_line, until_state};

fn status(status: &str) -> serde_json::Value {
    json!({"connectorId": 1, "errorCode": "NoError", "status": status, "timestamp": ago(1)})
}

#[tokio::test(flavor = "multi_thread")]
async fn stations_are_chosen_by_what_they_are() {
    let backend = Backend::start(Mood::Answers).await;
    let server = Setup::default().config(&backend.forward("groups = [\"depot\"]\nvendors = [\"exam*\"]")).start().await;
    let mut one = Station16::boot(&server, "cs-1").await;
    let mut two = Station16::boot(&server, "cs-2").await;
    two.wire.call("StatusNotification", status("Available")).await;
    assert!(server.api().all("/api/v1/stations/cs-1/forwards").is_empty(), "nobody has chosen it");
    // It is connected, and its group is entered only now.
    server.api().put("/api/v1/stations/cs-1", &json!({"group": "depot"})).ok();
    until_state(&server, "cs-1", "connected").await;
    one.wire.call("StatusNotification", status("Preparing")).await;
    until("it is heard", || {
        backend.told_of("StatusNotification").into_iter().find(|told| told.payload["status"] == "Preparing")
    })
    .await;
    assert_eq!(backend.came().len(), 1);
    server.api().put("/api/v1/stations/cs-1", &json!({"group": "street"})).ok();
    until("it is not heard any more", || server.api().all("/api/v1/stations/cs-1/forwards").is_empty().then_some(()))
        .await;
    one.wire.call("StatusNotification", status("Finishing")).await;
    two.wire.call("StatusNotification", status("Finishing")).await;
    assert!(backend.told().iter().all(|told| told.payload["status"] != "Finishing"));
}

/// A saved file counts at once; what waits for a backend that is gone is gone with it.
#[tokio::test(flavor = "multi_thread")]
async fn forwards_come_and_go_with_the_file() {
    let backend = Backend::start(Mood::Answers).await;
    let server = Setup::default().config("").start().await;
    server.api().accept(&["CARD-1"]);
    let mut station = Station16::boot(&server, "cs-1").await;
    station.wire.call("StatusNotification", status("Available")).await;
    let file = server.path("amprule.toml");
    let write = |text: &str| std::fs::write(&file, text).expect("write the configuration");
    write(&backend.forward(""));
    until_state(&server, "cs-1", "connected").await;
    backend.until_told("StatusNotification").await;
    assert_eq!(
        backend.actions(),
        ["BootNotification", "StatusNotification"],
        "a station that is here is introduced by us"
    );
    assert_eq!(backend.told_of("BootNotification")[0].payload["chargePointModel"], "Wall 11");

    backend.is(Mood::Away);
    let number = station.start(1, "CARD-1", 0, &ago(30)).await;
    until_line(&server, "cs-1", "waits", |line| line["waiting"] == 1).await;
    write(&backend.forward("").replace("timeout_s", "timeout"));
    until("the mistake is told", || server.log().contains("timeout_s").then_some(())).await;
    assert_eq!(line(&server, "cs-1")["waiting"], 1, "a file that cannot be read changes nothing");
    write("");
    until("nobody hears it", || server.api().all("/api/v1/forwards").is_empty().then_some(())).await;
    until("its line is gone", || server.api().all("/api/v1/stations/cs-1/forwards").is_empty().then_some(())).await;
    station.stop(number, 1_000, &ago(20)).await;
    backend.is(Mood::Answers);
    write(&backend.forward("introduce = \"always\""));
    until_state(&server, "cs-1", "connected").await;
    assert!(backend.told_of("StartTransaction").is_empty() && backend.told_of("StopTransaction").is_empty());
}

#[test]
fn a_mistake_in_the_file_is_named_with_its_line() {
    let to = "to = \"wss://a.example/{station}\"";
    let cases = [
        (format!("{to}\nalow = []"), "4:1", "did you mean `allow`?"),
        (format!("{to}\nallow = [\"SetChargingProfil\"]"), "4:10", "did you mean SetChargingProfile?"),
        (format!("{to}\nallow = [\"Reset\", \"SetNetworkProfile\"]"), "4:19", "take the station away"),
        (format!("{to}\nroots = \"none.pem\""), "4:9", "`roots` names none.pem"),
        ("to = \"ws://a.example/{station}\"".to_owned(), "3:6", "begins with wss://"),
        ("to = \"wss://a.example/\"".to_owned(), "3:6", "has no {station}"),
        (format!("{to}\n[[forwards]]\nname = \"books\"\nto = \"x\""), "5:8", "two forwards have the name books"),
        (format!("{to}\n[[forwards]]\nname = \"books\"\nto = \"x\""), "6:6", "begins with wss://"),
        (format!("{to}\n[ocpp.tls]\ncertificate = \"no.pem\"\nkey = \"no.key\""), "5:15", "`certificate` names no.pem"),
    ];
    for (members, place, why) in cases {
        let folder = Setup::default().file("bad.toml", format!("[[forwards]]\nname = \"books\"\n{members}\n"));
        let said = amprule(folder.folder(), &["serve", "--config", "bad.toml", "--data", "none"]);
        assert!(
            !said.good && said.text.contains(&format!("bad.toml:{place}")) && said.text.contains(why),
            "{}",
            said.text
        );
    }
}
