//! The management API: what an operator's programs rely on.

use amprule_tests::station16::{self, Station16};
use amprule_tests::station201::{Event, Station201};
use amprule_tests::{Setup, TestServer, Wire, ago, amprule, until};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Error;

/// Asks the API for a call while the station stands ready to answer it.
async fn call(server: &TestServer, path: &str, payload: Value) -> tokio::task::JoinHandle<amprule_tests::Response> {
    let (api, path) = (server.api(), path.to_owned());
    tokio::task::spawn_blocking(move || api.post(&path, &payload))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_reaches_the_station_and_its_answer_comes_back() {
    let server = TestServer::start().await;
    let mut station = Station16::boot(&server, "cs-1").await;
    let path = "/api/v1/stations/cs-1/calls/GetConfiguration";
    let asked = call(&server, path, json!({"key": ["HeartbeatInterval"]})).await;
    let (id, action, payload) = station.wire.next_call().await;
    assert_eq!((action.as_str(), &payload), ("GetConfiguration", &json!({"key": ["HeartbeatInterval"]})));
    station.wire.reply(&id, json!({"unknownKey": ["HeartbeatInterval"]})).await;
    let answer = asked.await.expect("the API answers").ok();
    assert_eq!(answer, json!({"outcome": "result", "payload": {"unknownKey": ["HeartbeatInterval"]}}));

    let asked = call(&server, path, json!({})).await;
    let (id, ..) = station.wire.next_call().await;
    station.wire.refuse(&id, "NotSupported", "not here").await;
    let answer = asked.await.expect("the API answers").ok();
    assert_eq!(answer, json!({"outcome": "error", "code": "NotSupported", "description": "not here"}));
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_cannot_be_made_say_why() {
    let server = Setup::default().start().await;
    let api = server.api();
    api.put("/api/v1/stations/away", &json!({})).ok();
    let _station = Station16::boot(&server, "cs-1").await;
    let cases = [
        ("nobody", "Reset", json!({"type": "Soft"}), 404),
        ("away", "Reset", json!({"type": "Soft"}), 409),
        ("cs-1", "Brew", json!({}), 404),
        ("cs-1", "Reset", json!({"type": "Gentle"}), 422),
        ("cs-1", "ChangeConfiguration", json!({"key": "a"}), 422),
    ];
    for (station, action, payload, status) in cases {
        let answer = api.post(&format!("/api/v1/stations/{station}/calls/{action}"), &payload);
        assert_eq!(answer.status, status, "{station} {action}: {}", answer.text);
    }
    let answer = api.post("/api/v1/stations/cs-1/calls/Reset", &json!({"type": "Gentle"}));
    assert!(answer.text.contains("/type"), "it points at the fault: {}", answer.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_station_that_does_not_answer_is_given_up_in_time_and_can_still_charge() {
    let server = Setup::default().config("[stations]\ncall_timeout_s = 1\n").start().await;
    server.api().accept(&["CARD-1"]);
    let mut station = Station16::boot(&server, "cs-1").await;
    let asked = call(&server, "/api/v1/stations/cs-1/calls/ClearCache", json!({})).await;
    station.wire.next_call().await;
    let transaction = station.start(1, "CARD-1", 0, &ago(5)).await;
    assert_eq!(asked.await.expect("the API answers").status, 504);
    station.stop(transaction, 100, &ago(0)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_waits_too_long_behind_another_is_given_up_and_never_sent() {
    let server = Setup::default().config("[stations]\ncall_queue_timeout_s = 1\n").start().await;
    let mut station = Station16::boot(&server, "cs-1").await;
    let first = call(&server, "/api/v1/stations/cs-1/calls/ClearCache", json!({})).await;
    let (id, ..) = station.wire.next_call().await;
    let second = call(&server, "/api/v1/stations/cs-1/calls/Reset", json!({"type": "Soft"})).await;
    let second = second.await.expect("the API answers");
    assert_eq!((second.status, &second.body["error"]["code"]), (504, &json!("not-sent")), "{}", second.text);
    station.wire.reply(&id, json!({"status": "Accepted"})).await;
    assert_eq!(first.await.expect("the API answers").status, 200);
    let third = call(&server, "/api/v1/stations/cs-1/calls/ClearCache", json!({})).await;
    let (id, action, _) = station.wire.next_call().await;
    assert_eq!(action, "ClearCache", "the second was not sent after all");
    station.wire.reply(&id, json!({"status": "Accepted"})).await;
    assert_eq!(third.await.expect("the API answers").status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_station_with_a_password_comes_in_with_it_and_only_with_it() {
    let server = TestServer::start().await;
    let password = "a-password-of-some-length";
    server.api().put("/api/v1/stations/cs-1", &json!({"securityProfile": 1, "password": password})).ok();
    for wrong in [None, Some("another-one-of-that-length")] {
        let turned = Wire::try_connect_as(&server.ocpp, "cs-1", &["ocpp1.6"], wrong).await;
        let Err(Error::Http(answer)) = turned else { panic!("it came in with {wrong:?}") };
        assert_eq!(answer.status(), 401);
    }
    let mut wire = Wire::try_connect_as(&server.ocpp, "cs-1", &["ocpp1.6"], Some(password)).await.expect("let in");
    assert_eq!(wire.call("BootNotification", station16::boot()).await["status"], "Accepted");
    let seen = server.api().get("/api/v1/stations/cs-1").ok().to_string();
    assert!(!seen.contains(password), "a password is never shown");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authorization_key_is_sent_as_bytes_or_as_digits() {
    let server = TestServer::start().await;
    let (bytes, digits) = ("twenty bytes exactly", "7477656e74792062797465732065786163746c79");
    server.api().put("/api/v1/stations/cs-1", &json!({"securityProfile": 1, "passwordHex": digits})).ok();
    for password in [bytes, digits, &digits.to_uppercase()] {
        let mut wire = Wire::try_connect_as(&server.ocpp, "cs-1", &["ocpp1.6"], Some(password)).await.expect("let in");
        assert_eq!(wire.call("BootNotification", station16::boot()).await["status"], "Accepted");
    }
    assert!(Wire::try_connect_as(&server.ocpp, "cs-1", &["ocpp1.6"], Some("twenty bytes exactlY")).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_a_password_is_slowed_down_and_counted() {
    let server = TestServer::start().await;
    let api = server.api();
    for station in ["cs-1", "cs-2"] {
        let password = format!("the-password-of-{station}");
        api.put(&format!("/api/v1/stations/{station}"), &json!({"securityProfile": 1, "password": password})).ok();
    }
    let mut seen = Vec::new();
    for guess in 0..7 {
        let guess = format!("a-guess-of-that-length-{guess}");
        let turned = Wire::try_connect_as(&server.ocpp, "cs-1", &["ocpp1.6"], Some(&guess)).await;
        let Err(Error::Http(answer)) = turned else { panic!("it came in with {guess}") };
        seen.push((answer.status().as_u16(), answer.headers().contains_key("retry-after")));
    }
    assert_eq!(seen, [[(401, false); 6].as_slice(), &[(429, true)]].concat());
    let other = Wire::try_connect_as(&server.ocpp, "cs-2", &["ocpp1.6"], Some("the-password-of-cs-2")).await;
    assert!(other.is_ok(), "another station of that address is not kept out");
    let metrics = api.get("/metrics").text;
    assert!(metrics.contains("amprule_wrong_passwords_total 6"), "{metrics}");
    assert!(metrics.contains("amprule_slowed_handshakes_total 1"), "{metrics}");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_token_of_the_data_folder_opens_the_api() {
    let server = TestServer::start().await;
    let stranger = server.api().with_token("guess");
    for path in ["/api/v1/stations", "/api/v1/sessions", "/api/v1/extensions", "/api/v1/events"] {
        assert_eq!(stranger.get(path).status, 401, "{path}");
    }
    for path in ["/health/live", "/health/ready"] {
        assert_eq!(stranger.get(path).status, 200, "{path}");
    }
    let file = server.path("data/api-token");
    let mode =
        std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(file).expect("the token's file").permissions());
    assert_eq!(mode & 0o777, 0o600, "nobody else may read the token");
}

#[tokio::test(flavor = "multi_thread")]
async fn stations_and_tokens_are_put_read_and_deleted() {
    let server = TestServer::start().await;
    let api = server.api();
    let wanted = json!({"provisioning": "pending", "location": "Yard", "timeZone": "Europe/Berlin"});
    assert_eq!(api.put("/api/v1/stations/cs-1", &wanted).status, 201);
    let station = api.get("/api/v1/stations/cs-1").ok();
    for (name, value) in wanted.as_object().expect("an object") {
        assert_eq!(&station[name], value);
    }
    let answer = api.put("/api/v1/stations/cs-1", &json!({"timeZone": "Mars/Olympus"}));
    assert_eq!(answer.status, 422, "{}", answer.text);
    assert!((200..300).contains(&api.delete("/api/v1/stations/cs-1").status));
    assert_eq!(api.get("/api/v1/stations/cs-1").status, 404);

    let budget = json!({"amount": "20.00", "currency": "EUR", "period": "month"});
    api.put("/api/v1/tokens/CARD-9", &json!({"type": "ISO14443", "status": "accepted", "budget": budget})).ok();
    assert_eq!(api.get("/api/v1/tokens/card-9").ok()["budget"]["amount"], "20.00", "case does not matter");
    assert!((200..300).contains(&api.delete("/api/v1/tokens/CARD-9").status));
    assert_eq!(api.get("/api/v1/tokens/CARD-9").status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn pending_and_rejected_stations_are_told_so() {
    let server = TestServer::start().await;
    let api = server.api();
    for (provisioning, status) in [("pending", "Pending"), ("rejected", "Rejected")] {
        api.put(&format!("/api/v1/stations/{provisioning}"), &json!({"provisioning": provisioning})).ok();
        let mut station = Station16::connect(&server, provisioning).await;
        let answer = station.wire.call("BootNotification", station16::boot()).await;
        assert_eq!(answer["status"], status);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_station_with_a_password_gets_in_with_it_only() {
    let server = TestServer::start().await;
    let api = server.api();
    api.put("/api/v1/stations/cs-1", &json!({"securityProfile": 1, "password": "correct horse battery"})).ok();
    let refused = Wire::try_connect(&server.ocpp, "cs-1", &["ocpp1.6"]).await;
    let error = refused.expect_err("without a password nobody gets in").to_string();
    assert!(error.contains("401"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_come_in_pages_and_filters_narrow_them() {
    let server = Setup::default().tariff("0.40").start().await;
    let api = server.api();
    api.accept(&["CARD-1", "CARD-2"]);
    let mut station = Station16::boot(&server, "cs-1").await;
    for (at, token) in [(50, "CARD-1"), (40, "CARD-2"), (30, "CARD-1"), (20, "CARD-1")] {
        let transaction = station.start(1, token, 0, &ago(at)).await;
        station.stop(transaction, 1_000, &ago(at - 5)).await;
    }
    station.start(1, "CARD-2", 0, &ago(2)).await;
    let count = |filter: &str| api.all(&format!("/api/v1/sessions?limit=2{filter}")).len();
    assert_eq!((count(""), count("&state=ended"), count("&state=active"), count("&station=cs-2")), (5, 4, 1, 0));
    assert_eq!(count("&idToken=CARD-2"), 2);
    let first = api.get("/api/v1/sessions?limit=2").ok();
    assert_eq!(first["items"].as_array().map(Vec::len), Some(2));
    assert!(first["next"].is_string(), "there is a next page: {first}");
    assert_eq!(api.get("/api/v1/sessions?stat=ended").status, 400, "a filter that does not exist is an error");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_event_stream_tells_what_happens_after_it_is_stored() {
    let server = Setup::default().tariff("0.40").start().await;
    let api = server.api();
    api.accept(&["CARD-1"]);
    let events = api.events();
    let mut station = Station201::boot(&server, "cs-1").await;
    station.send(&Event::started("t-1", "CARD-1", 0, &ago(10))).await;
    station.send(&Event::ended("t-1", 1, 1_000, &ago(0))).await;
    events.until(&["station.connected", "session.started", "session.ended"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_describes_itself_and_counts() {
    let server = TestServer::start().await;
    let api = server.api();
    let _station = Station16::boot(&server, "cs-1").await;
    let document = api.get("/openapi.json").ok();
    assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.")));
    for path in
        ["/api/v1/stations/{id}", "/api/v1/sessions", "/api/v1/extensions", "/api/v1/decisions", "/api/v1/events"]
    {
        assert!(document["paths"][path].is_object(), "{path} is not described");
    }
    let metrics = api.get("/metrics").text;
    assert!(metrics.contains("# TYPE ") && metrics.contains("amprule"), "{metrics}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_that_tells_a_tap_from_its_start_by_nothing_is_asked_once() {
    let server = Setup::default().product_script("token-table").start().await;
    let api = server.api();
    api.accept(&["CARD-1"]);
    let mut station = Station16::boot(&server, "cs-1").await;
    let answer = station.wire.call("Authorize", json!({"idTag": "CARD-1"})).await;
    assert_eq!(answer["idTagInfo"]["status"], "Accepted", "{answer}");
    station.start(1, "CARD-1", 0, &ago(60)).await;
    station.start(2, "CARD-1", 0, &ago(30)).await;
    let mut decisions = api.all("/api/v1/decisions");
    decisions.sort_by_key(|decision| decision["at"].as_str().map(str::to_owned));
    let [tap, start, second] = decisions.as_slice() else { panic!("three decisions: {decisions:?}") };
    assert_eq!((&tap["sameAs"], &start["sameAs"], &second["sameAs"]), (&json!(null), &tap["id"], &json!(null)));
    assert_eq!((&start["output"], &start["fuel"]), (&tap["output"], &json!(0)));
    assert_eq!((&tap["input"]["purpose"], &start["input"]["purpose"]), (&json!("authorize"), &json!("start")));
    assert_eq!(api.get("/api/v1/extensions/token-table").ok()["calls"][0]["calls"], 2);
    let id = start["id"].as_str().expect("an id");
    let page = amprule(&server.path(""), &["explain", id, "--data", "data"]).ok();
    assert!(page.contains(&format!("same as      {}", tap["id"].as_str().expect("an id"))), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bill_can_be_explained_by_its_decisions() {
    let server = Setup::default().tariff("0.40").start().await;
    let api = server.api();
    api.accept(&["CARD-1"]);
    let mut station = Station16::boot(&server, "cs-1").await;
    let transaction = station.start(1, "CARD-1", 0, &ago(60)).await;
    station.stop(transaction, 10_000, &ago(0)).await;
    let session = &api.sessions("cs-1")[0];
    let id = session["id"].as_str().expect("a session has an id");
    let decisions = api.all(&format!("/api/v1/decisions?session={id}"));
    let last =
        decisions.iter().find(|decision| decision["input"]["purpose"] == "final").expect("a bill is always kept");
    assert_eq!(
        (&last["hook"], &last["unit"], &last["hash"]),
        (&json!("pricing"), &json!("tariff"), &session["pin"]["hash"])
    );
    assert_eq!(last["output"]["lines"][0]["code"], "energy");
    let page = amprule(&server.path(""), &["explain", id, "--data", "data"]).ok();
    let of_last = last["id"].as_str().expect("a decision has an id");
    assert!(page.starts_with(&format!("session {id}")) && page.contains(of_last), "{page}");
    let nobody = "00000000-0000-7000-8000-000000000000";
    let said = amprule(&server.path(""), &["explain", nobody, "--data", "data"]);
    assert!(!said.good && said.text.contains("no decision and no session"), "{}", said.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_in_which_nothing_prices_says_so_at_its_start_and_when_the_last_tariff_goes() {
    let server = Setup::default().start().await;
    until("the operator is told", || server.log().contains("no extension prices").then_some(())).await;
    let server = Setup::default().tariff("0.40").start().await;
    assert!(!server.log().contains("no extension prices"), "{}", server.log());
    std::fs::remove_dir_all(server.path("scripts/tariff")).expect("remove the tariff");
    until("the operator is told", || server.log().contains("no extension prices").then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_whose_lookup_nobody_has_bound_is_told() {
    let server = Setup::default().product_script("members-only").start().await;
    until("the operator is told", || server.log().contains("add [[lookups]] with unit = ").then_some(())).await;
}
