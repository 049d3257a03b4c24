//! Commands by their names, and commands to many.

use amprule_simulator::{SimStation, StationSettings, Version};
use amprule_tests::until;
use serde_json::{Value, json};

use super::Flow;

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_held_against_the_shape_of_the_stations_version() {
    let flow = Flow::of(Version::Ocpp201).await;
    let cases = [
        (json!({"command": "request"}), "/action", "is missing"),
        (json!({"command": "request", "action": "ClearCach"}), "/action", "did you mean ClearCache?"),
        (json!({"command": "request", "action": "ChangeConfiguration"}), "/action", "ocpp2.0.1 has no request"),
        (json!({"command": "request", "action": "Reset", "payload": []}), "/payload", "must be an object"),
        (json!({"command": "request", "action": "Reset", "payload": {"type": "Soft"}}), "/payload/type", "Immediate"),
        (
            json!({"command": "request", "action": "SetDisplayMessage", "payload": {"message": {"id": "1"}}}),
            "/payload/message/id",
            "must be a whole number",
        ),
        (json!({"command": "stop", "action": "Reset"}), "/action", "not a member"),
    ];
    for (body, path, message) in cases {
        let refused = flow.ordered(body.clone()).await;
        assert_eq!(
            (refused.status, refused.body["error"]["path"].as_str()),
            (422, Some(path)),
            "{body}: {}",
            refused.body
        );
        let said = refused.body["error"]["message"].as_str().expect("a message");
        assert!(said.contains(message), "{body}: {said}");
    }
    let shown = flow.ordered(json!({"command": "request", "action": "GetLocalListVersion", "waitS": 20})).await.ok();
    assert_eq!((&shown["payload"], &shown["answer"]["body"]), (&json!({}), &json!({"versionNumber": 0})), "{shown}");
}

/// Every request that a version has is understood by a station, and its answer by us.
#[tokio::test(flavor = "multi_thread")]
async fn a_reset_by_its_name_is_asked_for_once() {
    for version in [Version::Ocpp16, Version::Ocpp201] {
        let flow = Flow::of(version).await;
        let kind = if version == Version::Ocpp16 { "Soft" } else { "Immediate" };
        flow.accepted("Reset", json!({"type": kind})).await;
        let booted = || flow.api.get("/api/v1/stations/cs-1").ok()["connected"] == true;
        until("it is back", || booted().then_some(())).await;
        let resets = flow.whole.requests().into_iter().filter(|(action, _)| action == "Reset").count();
        assert_eq!(resets, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_stations_are_asked_at_a_pace() {
    let flow = Flow::of(Version::Ocpp201).await;
    let mut others = Vec::new();
    for (id, version) in [("cs-2", Version::Ocpp201), ("cs-3", Version::Ocpp16), ("cs-4", Version::Ocpp201)] {
        let settings = StationSettings::new(&flow.server.ocpp, id, version);
        let (station, whole) = SimStation::connect_whole(settings).await.expect("the station connects");
        station.boot().await.expect("the station boots");
        others.push((station, whole));
    }
    let order = |to: Value| json!({"to": to, "perMinute": 6_000, "order": {"command": "request", "action": "GetLocalListVersion"}});
    let none = flow.api.post("/api/v1/commands", &order(json!({"model": "Terra*"})));
    assert_eq!((none.status, none.body["error"]["path"].as_str()), (422, Some("/to")));
    let unknown = flow.api.post("/api/v1/commands", &order(json!({"stations": ["cs-1", "nobody"]})));
    assert_eq!(unknown.body["error"]["path"], "/to/stations/1");
    let wrong = json!({"to": {"vendor": "*"}, "order": {"command": "request", "action": "Reset", "payload": {"type": "OnIdle"}}});
    let answer = flow.api.post("/api/v1/commands", &wrong).ok();
    assert_eq!(
        (answer["queued"].as_array().map(Vec::len), &answer["refused"][0]["station"]),
        (Some(3), &json!("cs-3")),
        "{answer}"
    );
    until("all are over", || flow.api.all("/api/v1/commands?open=true").is_empty().then_some(())).await;

    let queued = flow.api.post("/api/v1/commands", &order(json!({"stations": ["cs-1", "cs-2", "cs-3", "cs-4"]}))).ok();
    let turns: Vec<jiff::Timestamp> = queued["queued"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| one["from"].as_str().and_then(|from| from.parse().ok()).expect("a time"))
        .collect();
    let gaps: Vec<_> = turns.windows(2).map(|pair| pair[1].duration_since(pair[0]).as_millis()).collect();
    assert_eq!(gaps, [10, 10, 10], "six thousand a minute");
    until("all are over", || flow.api.all("/api/v1/commands?open=true").is_empty().then_some(())).await;
    for (_, whole) in &others {
        assert!(whole.requests().iter().any(|(action, _)| action == "GetLocalListVersion"));
    }
}
