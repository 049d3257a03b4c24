//! Commands over the wire: typed, kept, answered or tried again, whatever happens in between.

use std::collections::HashMap;

use amprule_tests::station16::Station16;
use amprule_tests::station201::{Event, Station201};
use amprule_tests::{Management, Setup, TestServer, Wire, ago, until, wait};
use serde_json::{Value, json};

fn order(api: &Management, station: &str, body: &Value) -> Value {
    api.post(&format!("/api/v1/stations/{station}/commands"), body).ok()
}

/// The command, once it is over.
async fn over(api: &Management, command: &Value) -> Value {
    let path = format!("/api/v1/commands/{}", command["id"].as_str().expect("a command has an id"));
    until("the command is over", || {
        let command = api.get(&path).ok();
        (!["queued", "sent"].contains(&command["state"].as_str().expect("a state"))).then_some(command)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn each_version_is_asked_in_its_own_words() {
    let server = Setup::default().tariff("0.40").start().await;
    let api = server.api();
    api.accept(&["CARD-1"]);
    let mut old = Station16::boot(&server, "cs-16").await;
    let mut new = Station201::boot(&server, "cs-201").await;
    let start = json!({"command": "start", "evse": 1, "idToken": {"idToken": "CARD-1", "type": "ISO14443"}});
    let (asked_old, asked_new) = (order(&api, "cs-16", &start), order(&api, "cs-201", &start));
    let (id, action, payload) = old.wire.next_call().await;
    assert_eq!((&*action, payload), ("RemoteStartTransaction", json!({"connectorId": 1, "idTag": "CARD-1"})));
    old.wire.reply(&id, json!({"status": "Accepted"})).await;
    let (id, action, payload) = new.wire.next_call().await;
    assert_eq!((&*action, &payload["idToken"]["idToken"]), ("RequestStartTransaction", &json!("CARD-1")));
    new.wire.reply(&id, json!({"status": "Rejected", "statusInfo": {"reasonCode": "NoCable"}})).await;
    let answer = &over(&api, &asked_old).await["answer"];
    assert_eq!((&answer["verdict"], &answer["status"]), (&json!("accepted"), &json!("Accepted")));
    let answer = &over(&api, &asked_new).await["answer"];
    assert_eq!((&answer["verdict"], &answer["reason"]), (&json!("refused"), &json!("NoCable")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_waits_for_the_station_and_its_asker_for_the_answer() {
    let server = TestServer::start().await;
    Station16::boot(&server, "cs-16").await.wire.close().await;
    let api = server.api();
    let asked = tokio::task::spawn_blocking({
        let api = api.clone();
        move || order(&api, "cs-16", &json!({"command": "unlock", "evse": 2, "expiresInS": 600, "waitS": 30}))
    });
    until("it is queued", || (!api.all("/api/v1/commands?open=true").is_empty()).then_some(())).await;
    let mut station = Station16::boot(&server, "cs-16").await;
    let (id, action, payload) = station.wire.next_call().await;
    assert_eq!((&*action, payload), ("UnlockConnector", json!({"connectorId": 2})));
    station.wire.reply(&id, json!({"status": "UnlockFailed"})).await;
    let answered = asked.await.expect("the API answers");
    assert_eq!((&answered["state"], &answered["answer"]["status"]), (&json!("answered"), &json!("UnlockFailed")));
    station.wire.close().await;
    until("it is gone", || api.get("/api/v1/stations/cs-16").ok()["connected"].eq(&false).then_some(())).await;
    let away = order(&api, "cs-16", &json!({"command": "report", "expiresInS": 1, "waitS": 30}));
    assert_eq!((&away["state"], &away["tries"]), (&json!("given-up"), &json!(0)), "{away}");
}

/// Stations are updated while commands wait for them.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_ordered_in_the_words_of_another_version_is_not_sent() {
    let server = TestServer::start().await;
    let api = server.api();
    Station16::boot(&server, "cs-1").await.wire.close().await;
    until("it is gone", || api.get("/api/v1/stations/cs-1").ok()["connected"].eq(&false).then_some(())).await;
    let request = |action: &str, payload: Value| {
        order(&api, "cs-1", &json!({"command": "request", "action": action, "payload": payload, "expiresInS": 600}))
    };
    let unknown = request("GetConfiguration", json!({}));
    let odd = request("UnlockConnector", json!({"connectorId": 1}));
    let same = request("ClearCache", json!({}));
    let mut station = Station201::boot(&server, "cs-1").await;
    let (id, action, _) = station.wire.next_call().await;
    assert_eq!(action, "ClearCache", "the others are not said");
    station.wire.reply(&id, json!({"status": "Accepted"})).await;
    assert_eq!(over(&api, &same).await["state"], "answered");
    let of = "it was ordered for ocpp1.6, and the station speaks ocpp2.0.1 now: ";
    for (command, why) in [(unknown, "has no request GetConfiguration"), (odd, "evseId is required")] {
        let given_up = over(&api, &command).await;
        assert_eq!((&given_up["state"], &given_up["tries"]), (&json!("given-up"), &json!(0)), "{given_up}");
        let said = given_up["why"].as_str().unwrap_or_default();
        assert!(said.starts_with(of) && said.contains(why) && !said.contains(": :"), "{said}");
    }
    let fault = api.post(
        "/api/v1/stations/cs-1/commands",
        &json!({"command": "request", "action": "GetConfiguration", "payload": {}}),
    );
    assert!(
        !fault.body.to_string().contains("it was ordered for"),
        "what is ordered now is held against 2.0.1: {}",
        fault.body
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_people_do_to_a_session_is_in_its_books() {
    let server = Setup::default().tariff("0.40").start().await;
    let api = server.api();
    api.accept(&["CARD-1"]);
    let mut station = Station201::boot(&server, "cs-1").await;
    station.send(&Event::started("t-1", "CARD-1", 0, &ago(900))).await;
    station.send(&Event::updated("t-1", 1, 5_000, &ago(600))).await;
    let id = api.sessions("cs-1")[0]["id"].as_str().expect("an id").to_owned();
    let act = |verb: &str| {
        let body = json!({"verb": verb, "reason": "test drive", "actor": "ann"});
        api.post(&format!("/api/v1/sessions/{id}/acts"), &body)
    };
    assert_eq!(act("void").status, 409, "it has not ended");
    let ended = act("end").ok();
    assert_eq!((&ended["state"], &ended["total"], &ended["bill"]), (&json!("ended"), &json!("2.00"), &json!(1)));
    let voided = act("void").ok();
    assert_eq!((&voided["total"], &voided["lines"], &voided["bill"]), (&json!("0.00"), &json!([]), &json!(2)));
    let priced = act("re-price").ok();
    assert_eq!((&priced["total"], &priced["bill"]), (&json!("2.00"), &json!(3)));
    let done: Vec<_> = priced["acts"].as_array().expect("acts").iter().map(|act| act["what"].clone()).collect();
    assert_eq!(done, ["ended", "voided", "re-priced"]);
    let (good, said) = server.operator(&["session", "review", &id, "--reason", "looked at it", "--by", "bob"]);
    assert!(good && said.contains("2.00 EUR") && !said.contains("needs-review"), "{said}");
    let (good, said) = server.operator(&["session", "void", "nobody", "--reason", "x"]);
    assert!(!good && said.contains("there is no session nobody"), "{said}");
    let (good, said) = server.operator(&["session", "show", &id]);
    assert!(good && said.contains("bill 2: 0.00 EUR  voided by ann: test drive"), "{said}");
    let reviewed = api.get(&format!("/api/v1/sessions/{id}")).ok();
    assert_eq!(reviewed["acts"][3]["actor"], "bob");
    assert!(!reviewed["marks"].as_array().expect("marks").contains(&json!("needs-review")), "{reviewed}");
    let bills = api.get(&format!("/api/v1/sessions/{id}/bills")).ok();
    let bill =
        |at: usize| json!([bills["bills"][at]["version"], bills["bills"][at]["total"], bills["bills"][at]["why"]]);
    assert_eq!(bill(0), json!([1, "2.00", "ended by ann: test drive"]));
    assert_eq!(bill(1), json!([2, "0.00", "voided by ann: test drive"]));
    assert_eq!(bill(2), json!([3, "2.00", "re-priced by ann: test drive"]));
}

const COMMANDS: usize = 24;
const CRASHES: usize = 6;

/// At any moment of a command's life the process may end: each is answered in the end, or was sent again until it was.
#[tokio::test(flavor = "multi_thread")]
async fn after_crashes_every_command_is_answered_or_tried_again() {
    let mut server = Setup::default().alone().start().await;
    Station16::boot(&server, "cs-1").await.wire.close().await;
    let mut ordered = Vec::new();
    for crash in 0..CRASHES {
        let api = server.api();
        for _ in 0..COMMANDS / CRASHES {
            ordered.push(order(
                &api,
                "cs-1",
                &json!({"command": "trigger", "message": "heartbeat", "expiresInS": 3_600}),
            ));
        }
        let mut wire = Station16::boot(&server, "cs-1").await.wire;
        // Some are answered, one is on the wire or its answer on the way.
        for _ in 0..crash % 3 {
            let (id, ..) = wait::soon("a command", wire.next_call()).await;
            wire.reply(&id, json!({"status": "Accepted"})).await;
        }
        server.kill();
        server.restart();
    }
    let api = server.api();
    let mut wire = Station16::boot(&server, "cs-1").await.wire;
    let answering = tokio::spawn(async move {
        loop {
            let (id, ..) = wire.next_call().await;
            wire.reply(&id, json!({"status": "Accepted"})).await;
        }
    });
    let mut states: HashMap<String, usize> = HashMap::new();
    for command in &ordered {
        let state = over(&api, command).await["state"].as_str().expect("a state").to_owned();
        *states.entry(state).or_default() += 1;
    }
    answering.abort();
    assert_eq!(states, HashMap::from([("answered".to_owned(), COMMANDS)]));
}

/// OCPP 2.1 part 4: a station whose answer cannot be used hears so (CALLRESULTERROR); in no version it counts as done.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_nobody_can_use_is_no_consent() {
    let server = TestServer::start().await;
    let api = server.api();
    let place = json!({"component": {"name": "ClockCtrlr"}, "variable": {"name": "TimeZone"}});
    let asks = [
        json!({"command": "request", "action": "GetVariables", "payload": {"getVariableData": [place]}}),
        json!({"command": "request", "action": "GetLocalListVersion", "payload": {}}),
    ];
    let cases = [
        (0, json!({"getVariableResult": "x"}), "TypeConstraintViolation"),
        (0, json!({}), "OccurrenceConstraintViolation"),
        (0, json!(7), "FormatViolation"),
        (1, json!({"versionNumber": {}}), "TypeConstraintViolation"),
    ];
    for protocol in ["ocpp2.0.1", "ocpp2.1"] {
        let mut wire = Wire::connect(&server.ocpp, protocol, protocol).await;
        wire.call("BootNotification", amprule_tests::station201::boot()).await;
        for (which, said, code) in &cases {
            let asked = order(&api, protocol, &asks[*which]);
            let (id, ..) = wire.next_call().await;
            wire.reply(&id, said.clone()).await;
            let answer = &over(&api, &asked).await["answer"];
            let expect = (&json!("refused"), &json!("FormatViolation"));
            assert_eq!((&answer["verdict"], &answer["status"]), expect, "{protocol}: {said}: {answer}");
            if protocol == "ocpp2.1" {
                let error = wire.frame().await.expect("it is told");
                assert_eq!((&error[0], &error[1], &error[2]), (&json!(5), &json!(id), &json!(code)), "{said}: {error}");
            }
        }
        wire.call("Heartbeat", json!({})).await;
    }
}

/// A local controller that serves a file no longer: its job says so (OCPP 2.0.1, L04).
#[tokio::test(flavor = "multi_thread")]
async fn what_is_unpublished_is_not_published_any_more() {
    let server = TestServer::start().await;
    let api = server.api();
    let mut station = Station201::boot(&server, "cs-1").await;
    let checksum = "5f0c1a7be9d24386a1b2c3d4e5f60718";
    let publish = json!({"location": "https://example.com/f", "checksum": checksum, "requestId": 50});
    let request = |action: &str, payload: Value| json!({"command": "request", "action": action, "payload": payload});
    let jobs = || api.all("/api/v1/stations/cs-1/firmware-jobs");
    let asked = order(&api, "cs-1", &request("PublishFirmware", publish));
    let (id, ..) = station.wire.next_call().await;
    station.wire.reply(&id, json!({"status": "Accepted"})).await;
    over(&api, &asked).await;
    let told = json!({"status": "Published", "requestId": 50, "location": ["https://lc.local/f"]});
    station.wire.call("PublishFirmwareStatusNotification", told).await;
    assert_eq!(jobs()[0]["status"], "Published");
    let asked = order(&api, "cs-1", &request("UnpublishFirmware", json!({"checksum": checksum})));
    let (id, ..) = station.wire.next_call().await;
    station.wire.reply(&id, json!({"status": "Unpublished"})).await;
    over(&api, &asked).await;
    let job = &jobs()[0];
    assert_eq!((&job["status"], &job["state"]), (&json!("Unpublished"), &json!("ended")), "{job}");
}
