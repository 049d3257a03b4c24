//! Blocks E and F: what a station says of a transaction when it is asked, and which session began by a request of ours.

use amprule_tests::station16::{self, Station16};
use amprule_tests::station201::{self, Event, Station201};
use amprule_tests::{Management, Setup, TestServer, ago, units, until};
use serde_json::{Value, json};

use super::ID;

/// The station's own answer to a command is what the closure says; gives the command as the API shows it then.
async fn ordered(api: &Management, body: Value) -> String {
    let (api, path) = (api.clone(), format!("/api/v1/stations/{ID}/commands"));
    let command = tokio::task::spawn_blocking(move || api.post(&path, &body)).await.expect("the API answers").ok();
    command["id"].as_str().expect("an id").to_owned()
}

async fn answered(api: &Management, command: &str) -> Value {
    let path = format!("/api/v1/commands/{command}");
    until("the command is answered", || Some(api.get(&path).ok()).filter(|shown| shown["state"] == "answered")).await
}

fn has_mark(session: &Value, mark: &str) -> bool {
    session["marks"].as_array().is_some_and(|marks| marks.iter().any(|one| one == mark || one["mark"] == mark))
}

/// OCPP 2.0.1, E14.
#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_is_what_its_station_says_of_it() {
    let cases = [
        (
            "over, and nothing is to come",
            json!({"ongoingIndicator": false, "messagesInQueue": false}),
            "ended",
            "no-stop",
        ),
        (
            "over, with more to come",
            json!({"ongoingIndicator": false, "messagesInQueue": true}),
            "active",
            "stop-awaited",
        ),
        ("over, and it does not say what is to come", json!({"ongoingIndicator": false}), "active", "stop-awaited"),
        ("it goes on", json!({"ongoingIndicator": true, "messagesInQueue": false}), "active", ""),
        ("it does not say", json!({"messagesInQueue": false}), "active", ""),
    ];
    let server = TestServer::start().await;
    let api = server.api();
    api.accept(&["CARD-1"]);
    let mut station = Station201::boot(&server, ID).await;
    for (at, (what, answer, state, mark)) in cases.into_iter().enumerate() {
        let transaction = format!("tx-{at}");
        let (begun, ended) = (ago(10), ago(5));
        station.send(&Event::started(&transaction, "CARD-1", 1_000, &begun)).await;
        let payload = json!({"transactionId": transaction});
        let body = json!({"command": "request", "action": "GetTransactionStatus", "payload": payload});
        let command = ordered(&api, body).await;
        let (id, action, asked) = station.wire.next_call().await;
        assert_eq!((action.as_str(), &asked), ("GetTransactionStatus", &payload));
        station.wire.reply(&id, answer).await;
        answered(&api, &command).await;
        let session = || api.all(&format!("/api/v1/sessions?transaction={transaction}")).remove(0);
        let shown = session();
        assert_eq!(shown["state"], state, "{what}: {shown}");
        for known in ["no-stop", "stop-awaited"] {
            assert_eq!(has_mark(&shown, known), known == mark, "{what}: {}", shown["marks"]);
        }
        // Its end counts whenever it comes.
        station.send(&Event::ended(&transaction, 1, 4_000, &ended)).await;
        let shown = session();
        assert_eq!((&shown["state"], &shown["energyWh"]), (&json!("ended"), &json!(3_000)), "{what}: {shown}");
    }
}

/// OCPP 2.0.1, F01 and F02: the station repeats the number of the request, in whichever message.
#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_joined_to_the_request_that_it_began_by() {
    let server = TestServer::start().await;
    let api = server.api();
    api.accept(&["APP-1", "CARD-1"]);
    let mut station = Station201::boot(&server, ID).await;
    let start = json!({"command": "start", "idToken": {"idToken": "APP-1", "type": "Central"}, "evse": 1});
    let command = ordered(&api, start).await;
    let (id, _, asked) = station.wire.next_call().await;
    station.wire.reply(&id, json!({"status": "Accepted"})).await;
    assert_eq!(answered(&api, &command).await["session"], Value::Null, "nothing has begun");
    // Somebody else comes first.
    let begun = ago(1);
    station.send(&Event::started("tx-1", "CARD-1", 1_000, &begun)).await;
    station.send(&Event::ended("tx-1", 1, 1_000, &begun)).await;
    let mut event = Event::started("tx-2", "APP-1", 1_000, &begun).payload();
    event["transactionInfo"]["remoteStartId"] = asked["remoteStartId"].clone();
    station.wire.call("TransactionEvent", event).await;
    let session = api.all("/api/v1/sessions?transaction=tx-2").remove(0);
    assert_eq!(session["remoteStart"], asked["remoteStartId"], "{session}");
    assert_eq!(answered(&api, &command).await["session"], session["id"]);
}

/// idToken is optional there: a station that was told who charges may only repeat the number.
#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_shows_no_token_has_that_of_its_request() {
    let server = TestServer::start().await;
    let api = server.api();
    api.accept(&["APP-1", "APP-3", "CARD-1"]);
    let (begun, going, over) = (ago(3), ago(2), ago(1));
    // What was ordered; the token of the start; which message is the first with the number; whose session it is, and if he was refused.
    let cases = [
        ("in its start", "APP-1", None, 0, "APP-1", false),
        ("nobody has entered the token", "APP-2", None, 0, "APP-2", false),
        ("blocked since", "APP-3", None, 0, "APP-3", true),
        ("it had begun with the plug", "APP-1", None, 1, "APP-1", false),
        ("a card was refused before", "APP-1", Some("NOBODY"), 1, "APP-1", false),
        ("it has a token of its own", "APP-1", Some("CARD-1"), 1, "CARD-1", false),
    ];
    for (n, (what, token, shown, numbered, billed, is_refused)) in (1..).zip(cases) {
        let id = format!("cs-{n}");
        let mut station = Station201::boot(&server, &id).await;
        let order = json!({"command": "start", "idToken": {"idToken": token, "type": "ISO14443"}, "evse": 1});
        let command = api.post(&format!("/api/v1/stations/{id}/commands"), &order).ok();
        let (call, _, asked) = station.wire.next_call().await;
        station.wire.reply(&call, json!({"status": "Accepted"})).await;
        if is_refused {
            api.put(&format!("/api/v1/tokens/{token}"), &json!({"status": "blocked"})).ok();
        }
        let events = [
            Event { token: shown, ..Event::started("tx-1", "", 0, &begun) },
            Event::updated("tx-1", 1, 0, &going),
            Event::ended("tx-1", 2, 500, &over),
        ];
        for (at, event) in events.iter().enumerate() {
            let mut payload = event.payload();
            if at >= numbered {
                payload["transactionInfo"]["remoteStartId"] = asked["remoteStartId"].clone();
            }
            let answer = station.wire.call("TransactionEvent", payload).await;
            assert_eq!(answer.get("idTokenInfo").is_some(), event.token.is_some(), "{what}: {answer}");
        }
        let session = api.sessions(&id).remove(0);
        assert_eq!(session["idToken"]["idToken"], billed, "{what}: {session}");
        assert_eq!(has_mark(&session, "unauthorized"), is_refused, "{what}: {session}");
        assert!(!has_mark(&session, "stopped-by-stranger"), "{what}: {session}");
        let command = answered(&api, command["id"].as_str().expect("an id")).await;
        assert_eq!(command["session"], session["id"], "{what}");
    }
}

/// What waited in the station is judged as if it had come in time.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_expired_meanwhile_was_good_when_it_was_shown() {
    let server = TestServer::start().await;
    let api = server.api();
    for (version, expired, is_refused) in
        [("1.6", 60, false), ("1.6", 160, true), ("2.0.1", 60, false), ("2.0.1", 160, true)]
    {
        let station = format!("{version}-{expired}");
        api.put("/api/v1/tokens/OLD", &json!({"status": "accepted", "expiresAt": ago(expired)})).ok();
        let (begun, over) = (ago(150), ago(80));
        if version == "1.6" {
            let mut station = Station16::boot(&server, &station).await;
            let started = station.wire.call("StartTransaction", station16::start(1, "OLD", 0, &begun)).await;
            let number = started["transactionId"].as_i64().expect("a number");
            station.stop(number, 6_000, &over).await;
        } else {
            let mut station = Station201::boot(&server, &station).await;
            for event in [Event::started("tx-1", "OLD", 0, &begun), Event::ended("tx-1", 1, 6_000, &over)] {
                let mut payload = event.payload();
                payload["offline"] = json!(true);
                station.wire.call("TransactionEvent", payload).await;
            }
        }
        let session = api.sessions(&station).remove(0);
        for mark in ["unauthorized", "charged-unauthorized", "needs-review"] {
            assert_eq!(has_mark(&session, mark), is_refused, "{station}: {session}");
        }
    }
}

/// The operator vouches for what nobody has entered, until it has begun.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_was_started_with_from_afar_is_accepted_once() {
    let server = TestServer::start().await;
    let api = server.api();
    let mut station = Station16::boot(&server, ID).await;
    let begun = async |station: &mut Station16, token: &str| {
        let shown = station.wire.call("Authorize", json!({"idTag": token})).await;
        let started = station.wire.call("StartTransaction", station16::start(1, token, 0, &ago(1))).await;
        (shown["idTagInfo"]["status"].clone(), started)
    };
    assert_eq!(begun(&mut station, "APP-9").await.0, "Invalid", "nobody has asked for it");
    for order in [
        json!({"command": "start", "idToken": {"idToken": "APP-1"}, "evse": 1}),
        json!({"command": "request", "action": "RemoteStartTransaction", "payload": {"idTag": "APP-2", "connectorId": 1}}),
    ] {
        ordered(&api, order).await;
        let (id, _, asked) = station.wire.next_call().await;
        station.wire.reply(&id, json!({"status": "Accepted"})).await;
        let token = asked["idTag"].as_str().expect("a tag").to_lowercase();
        let (shown, started) = begun(&mut station, &token).await;
        assert_eq!((&shown, &started["idTagInfo"]["status"]), (&json!("Accepted"), &json!("Accepted")), "{token}");
        let stop =
            json!({"transactionId": started["transactionId"], "meterStop": 900, "timestamp": ago(0), "idTag": token});
        assert_eq!(station.wire.call("StopTransaction", stop).await["idTagInfo"]["status"], "Accepted");
        assert_eq!(begun(&mut station, &token).await.0, "Invalid", "{token} has charged");
    }
    // One that was turned down vouches for nobody.
    ordered(&api, json!({"command": "start", "idToken": {"idToken": "APP-3"}, "evse": 1})).await;
    let (id, _, _) = station.wire.next_call().await;
    station.wire.reply(&id, json!({"status": "Rejected"})).await;
    assert_eq!(begun(&mut station, "APP-3").await.0, "Invalid");
}

/// A policy that knows no such card says no more than that; one with another reason is heard.
#[tokio::test(flavor = "multi_thread")]
async fn a_policy_that_does_not_know_a_token_leaves_it_to_who_ordered_the_start() {
    for (reason, expect) in [("Unknown", "Accepted"), ("NoCredit", "Blocked")] {
        let setup = Setup::default()
            .file("scripts/policy/plugin.toml", units::manifest("policy", "1.0.0", "authorization"))
            .file("scripts/policy/main.rhai", format!("fn authorize(request) {{\n    reject(\"{reason}\")\n}}\n"));
        let server = setup.start().await;
        let api = server.api();
        let mut station = Station16::boot(&server, ID).await;
        ordered(&api, json!({"command": "start", "idToken": {"idToken": "APP-1"}, "evse": 1})).await;
        let (id, _, _) = station.wire.next_call().await;
        station.wire.reply(&id, json!({"status": "Accepted"})).await;
        let started = station.wire.call("StartTransaction", station16::start(1, "APP-1", 0, &ago(1))).await;
        assert_eq!(started["idTagInfo"]["status"], expect, "{reason}: {started}");
    }
}

/// OCPP 2.0.1, C12.FR.09, and what any record says.
#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_would_be_refused_is_not_sent() {
    let server = Setup::default().config("[stations]\nmaster_pass_group = \"OFFICERS\"\n").start().await;
    let api = server.api();
    api.put("/api/v1/tokens/OFFICER", &json!({"type": "Central", "status": "accepted", "group": "officers"})).ok();
    api.put("/api/v1/tokens/LOST", &json!({"type": "Central", "status": "blocked"})).ok();
    api.put("/api/v1/tokens/OLD", &json!({"type": "Central", "status": "accepted", "expiresAt": ago(60)})).ok();
    let _station = Station201::boot(&server, ID).await;
    for (token, why) in [("OFFICER", "master pass"), ("LOST", "Blocked"), ("old", "Expired")] {
        let start = json!({"command": "start", "idToken": {"idToken": token}, "evse": 1});
        let refused = api.post(&format!("/api/v1/stations/{ID}/commands"), &start);
        assert_eq!(
            (refused.status, refused.body["error"]["path"].as_str()),
            (422, Some("/idToken")),
            "{token}: {}",
            refused.body
        );
        assert!(refused.body.to_string().contains(why), "{token}: {}", refused.body);
    }
    assert!(api.all("/api/v1/commands").is_empty());
}

/// StopTransactionOnInvalidId may be false, or not be kept to.
#[tokio::test(flavor = "multi_thread")]
async fn a_station_that_goes_on_after_a_refusal_is_told_to_stop() {
    let server = TestServer::start().await;
    let api = server.api();
    api.accept(&["CARD-1"]);
    let mut station = Station16::boot(&server, ID).await;
    let started = station.wire.call("StartTransaction", station16::start(1, "NOBODY", 0, &ago(30))).await;
    assert_eq!(started["idTagInfo"]["status"], "Invalid");
    let meter = |at: String, wh: &str| json!({"connectorId": 1, "transactionId": started["transactionId"], "meterValue": [{"timestamp": at, "sampledValue": [{"value": wh}]}]});
    station.wire.call("MeterValues", meter(ago(20), "100")).await;
    assert!(api.all("/api/v1/commands").is_empty(), "what was told late says nothing of now");
    station.wire.call("MeterValues", meter(ago(0), "200")).await;
    let (id, action, asked) = station.wire.next_call().await;
    assert_eq!((action.as_str(), &asked["transactionId"]), ("RemoteStopTransaction", &started["transactionId"]));
    station.wire.reply(&id, json!({"status": "Accepted"})).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_ends_another_ones_session_is_seen() {
    let server = Setup::default().config("[stations]\nmaster_pass_group = \"OFFICERS\"\n").start().await;
    let api = server.api();
    api.accept(&["CARD-1", "CARD-2"]);
    for (token, group) in [("ANNA", "FAMILY"), ("BEN", "FAMILY"), ("OFFICER", "OFFICERS")] {
        let entry = json!({"type": "ISO14443", "status": "accepted", "group": group});
        api.put(&format!("/api/v1/tokens/{token}"), &entry).ok();
    }
    let mut station = Station16::boot(&server, ID).await;
    let cases = [
        ("CARD-1", "CARD-1", false),
        ("CARD-1", "CARD-2", true),
        ("ANNA", "BEN", false),
        ("ANNA", "CARD-1", true),
        ("ANNA", "OFFICER", false),
        ("ANNA", "NOBODY", true),
    ];
    for (n, (begins, ends, is_seen)) in (1..).zip(cases) {
        // Equal starts are one.
        let started = station.wire.call("StartTransaction", station16::start(1, begins, 0, &ago(100 - n))).await;
        let number = &started["transactionId"];
        let stop = json!({"transactionId": number, "meterStop": 50, "timestamp": ago(0), "idTag": ends});
        station.wire.call("StopTransaction", stop).await;
        let session = api.all(&format!("/api/v1/sessions?transaction={number}")).remove(0);
        assert_eq!(session["state"], "ended", "{begins}, {ends}");
        assert_eq!(has_mark(&session, "stopped-by-stranger"), is_seen, "{begins}, {ends}: {session}");
    }
}

/// 2.1, E16: what a policy allows is told with the token's answer, to those who have room for it.
#[tokio::test(flavor = "multi_thread")]
async fn a_station_of_21_hears_what_a_token_may_draw() {
    let policy = "fn authorize(request) {\n    let answer = accept();\n    \
                  answer.limits = #{ max_energy_kwh: 12.5, max_duration_s: 7200, max_cost: 30 };\n    answer\n}\n";
    let setup = Setup::default()
        .file("scripts/policy/plugin.toml", units::manifest("policy", "1.0.0", "authorization"))
        .file("scripts/policy/main.rhai", policy);
    let server = setup.start().await;
    for (version, limit) in
        [("ocpp2.0.1", Value::Null), ("ocpp2.1", json!({"maxCost": 30.0, "maxEnergy": 12_500.0, "maxTime": 7_200}))]
    {
        let mut station = server.station(version, version).await;
        station.call("BootNotification", station201::boot()).await;
        let answer = station.call("TransactionEvent", Event::started("tx-1", "CARD-1", 0, &ago(1)).payload()).await;
        assert_eq!(answer["idTokenInfo"]["status"], "Accepted", "{answer}");
        let told = answer.get("transactionLimit").cloned().unwrap_or_default();
        let number = |told: &Value| ["maxCost", "maxEnergy", "maxTime"].map(|member| told[member].as_f64());
        assert_eq!((number(&told), told.is_null()), (number(&limit), limit.is_null()), "{version}: {answer}");
        let answer = station.call("TransactionEvent", Event::updated("tx-1", 1, 10, &ago(0)).payload()).await;
        assert_eq!(answer.get("transactionLimit"), None, "it is known");
    }
}

/// OCPP 2.0.1, C11: a station that has seen the token may accept it by itself.
#[tokio::test(flavor = "multi_thread")]
async fn who_knows_a_token_that_is_blocked_forgets_it() {
    let server = TestServer::start().await;
    let api = server.api();
    api.accept(&["CARD-1", "CARD-2"]);
    let mut stations = Vec::new();
    for id in ["knows-1", "knows-2", "has-no-cache", "other"] {
        let mut station = Station201::boot(&server, id).await;
        let token = if id == "other" { "CARD-2" } else { "CARD-1" };
        station.send(&Event::started("tx-1", token, 0, &ago(5))).await;
        station.send(&Event::ended("tx-1", 1, 10, &ago(4))).await;
        stations.push(station);
    }
    let off = json!({"component": {"name": "AuthCacheCtrlr"}, "variable": {"name": "Enabled"},
        "variableAttribute": [{"value": "false"}], "variableCharacteristics": {"dataType": "boolean", "supportsMonitoring": false}});
    let report = json!({"requestId": 1, "generatedAt": ago(0), "seqNo": 0, "reportData": [off]});
    stations[2].wire.call("NotifyReport", report).await;
    let cleared = |api: &Management| -> Vec<String> {
        let commands = api.all("/api/v1/commands");
        let mut to: Vec<String> = commands
            .iter()
            .filter(|command| command["action"] == "ClearCache")
            .map(|command| command["station"].as_str().expect("an id").to_owned())
            .collect();
        to.sort_unstable();
        to
    };
    api.put("/api/v1/tokens/CARD-1", &json!({"language": "de"})).ok();
    assert!(cleared(&api).is_empty(), "it is still accepted");
    api.put("/api/v1/tokens/card-1", &json!({"status": "blocked"})).ok();
    until("both are told", || (cleared(&api) == ["knows-1", "knows-2"]).then_some(())).await;
    let (id, action, _) = stations[0].wire.next_call().await;
    assert_eq!(action, "ClearCache");
    stations[0].wire.reply(&id, json!({"status": "Accepted"})).await;
    api.delete("/api/v1/tokens/CARD-1").ok();
    assert_eq!(cleared(&api).len(), 2, "it was not accepted any more");
    api.delete("/api/v1/tokens/CARD-2").ok();
    until("the other one is told", || (cleared(&api) == ["knows-1", "knows-2", "other"]).then_some(())).await;
}

/// OCPP 1.6 has no number for it.
#[tokio::test(flavor = "multi_thread")]
async fn in_16_it_is_the_first_with_its_token_at_its_connector() {
    let server = TestServer::start().await;
    let api = server.api();
    api.accept(&["APP-1", "CARD-1"]);
    // Its text counts, whoever has entered it: 1.6 knows no kinds.
    for (n, (ordered_as, shown)) in (1..).zip([
        (json!({"idToken": "APP-1"}), "app-1"),
        (json!({"idToken": "QR-77"}), "QR-77"),
        (json!({"idToken": "QR-78", "type": "Central"}), "QR-78"),
        (json!({"idToken": "NL-ABC-C12345678", "type": "eMAID"}), "NLABCC12345678"),
    ]) {
        let id = format!("cs-{n}");
        let mut station = Station16::boot(&server, &id).await;
        // Drivers charge there already.
        station.wire.call("StartTransaction", station16::start(2, "APP-1", 0, &ago(10))).await;
        let body = json!({"command": "start", "idToken": ordered_as, "evse": 1});
        let command = api.post(&format!("/api/v1/stations/{id}/commands"), &body).ok();
        let (call, _, _) = station.wire.next_call().await;
        station.wire.call("StartTransaction", station16::start(1, shown, 0, &ago(1))).await;
        // Real stations answer last.
        station.wire.reply(&call, json!({"status": "Accepted"})).await;
        let command = answered(&api, command["id"].as_str().expect("an id")).await;
        let sessions = api.sessions(&id);
        let begun = sessions.iter().find(|session| session["evse"] == 1).expect("it has begun");
        assert_eq!(command["session"], begun["id"], "{sessions:?}");
    }
}
