use std::time::Duration;

use amprule_domain::outbox::OutboxKind;
use amprule_webhooks::{HookState, Secret};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::outbox::Memory;
use crate::receiver::{Heard, Receiver, Reply};
use crate::support::{check_promises, hook, settings, start, started, status_when, until};

/// RFC 2104 by the book, for keys of up to 64 bytes.
fn hmac(key: &[u8], message: &[u8]) -> String {
    let pad = |with: u8| -> Vec<u8> { (0..64).map(|at| key.get(at).unwrap_or(&0) ^ with).collect() };
    let inner = Sha256::new().chain_update(pad(0x36)).chain_update(message).finalize();
    STANDARD.encode(Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize())
}

fn signed_by(heard: &Heard, key: &[u8]) -> String {
    let content =
        [heard.id().as_bytes(), b".", heard.header("webhook-timestamp").as_bytes(), b".", &heard.body].concat();
    format!("v1,{}", hmac(key, &content))
}

#[tokio::test]
async fn a_message_is_what_the_specification_wants() {
    let outbox = Memory::new();
    let receiver = Receiver::always(204).await;
    let webhooks = started(&outbox, &receiver.url()).await;
    outbox.push(OutboxKind::SessionEnded);
    let heard = &receiver.heard_of(1).await[0];
    assert!(heard.head.starts_with("POST /events HTTP/1.1\r\n"), "{}", heard.head);
    assert_eq!(heard.header("host"), receiver.addr.to_string());
    assert_eq!(heard.header("content-type"), "application/json");
    assert!(heard.header("user-agent").starts_with("amprule/"));
    assert!(!heard.head.to_lowercase().contains("transfer-encoding"), "some receivers read chunks as nothing");
    assert_eq!(heard.header("webhook-timestamp"), "1767312000");
    assert_eq!(heard.attempt(), 1);
    let expect = json!({
        "id": "evt_depot_1_1767225601000",
        "type": "session.ended",
        "timestamp": "2026-01-01T00:00:01Z",
        "place": 1,
        "station": "CS-1",
        "session": "0199f6c2-0000-7000-8000-000000000001",
        "data": { "energyWh": 1, "note": "Süd \u{2028}1" },
    });
    assert_eq!(heard.json(), expect);
    assert_eq!(heard.id(), "evt_depot_1_1767225601000");
    let status = status_when(&webhooks, |status| status.state == HookState::Idle && status.delivered == 1).await;
    assert_eq!((status.waiting, status.missed, status.last_failure), (Some(0), 0, None));
    assert_eq!(status.last_success_at, "2026-01-02T00:00:00Z".parse().ok());
}

#[tokio::test]
async fn a_signature_is_over_the_bytes_that_arrive() {
    let outbox = Memory::new();
    let receiver = Receiver::always(200).await;
    let _webhooks = started(&outbox, &receiver.url()).await;
    outbox.push_many(3);
    let key = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
    for heard in receiver.heard_of(3).await {
        assert_eq!(heard.header("webhook-signature"), signed_by(&heard, &key));
    }
}

#[tokio::test]
async fn while_a_secret_is_replaced_there_is_a_signature_by_each() {
    let outbox = Memory::new();
    let receiver = Receiver::always(200).await;
    let mut rotating = hook("crm", &receiver.url());
    rotating.previous_secret = Some(Secret::parse("a text of 24 bytes at least\n").unwrap());
    let _webhooks = start(&outbox, settings(vec![rotating]));
    until("it has begun", || outbox.has_subscriber("crm")).await;
    outbox.push_many(1);
    let heard = &receiver.heard_of(1).await[0];
    let key = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
    let expect = format!("{} {}", signed_by(heard, &key), signed_by(heard, b"a text of 24 bytes at least"));
    assert_eq!(heard.header("webhook-signature"), expect);
}

#[tokio::test]
async fn events_arrive_in_order_and_close_ones_over_one_connection() {
    let outbox = Memory::new();
    let receiver = Receiver::always(200).await;
    let _webhooks = started(&outbox, &receiver.url()).await;
    let places = outbox.push_many(300);
    let heard = receiver.heard_of(300).await;
    check_promises(&heard, &places);
    assert!(heard.iter().all(|heard| heard.attempt() == 1 && heard.connection == 0));
    until("it is written", || outbox.subscriber("crm").delivered == 300).await;
    assert_eq!(outbox.subscriber("crm").attempted, None);
    let most = 1 + 300 / 50 + 20;
    assert!(outbox.writes() < most, "{} writes", outbox.writes());
}

#[tokio::test]
async fn a_hook_hears_what_it_wants_from_now_on() {
    let outbox = Memory::new();
    outbox.push_many(5);
    let receiver = Receiver::always(200).await;
    let mut few = hook("crm", &receiver.url());
    few.events = vec!["command.*".to_owned(), "session.billed".to_owned()];
    let webhooks = start(&outbox, settings(vec![few]));
    until("it has begun", || outbox.has_subscriber("crm")).await;
    for kind in OutboxKind::ALL {
        outbox.push(kind);
    }
    let heard = receiver.heard_of(2).await;
    assert_eq!(heard.iter().map(Heard::kind).collect::<Vec<_>>(), ["session.billed", "command.ended"]);
    status_when(&webhooks, |status| status.delivered == 11 && status.waiting == Some(0)).await;
    assert_eq!(receiver.heard().len(), 2);
}

#[tokio::test]
async fn events_that_nobody_wants_are_not_worth_a_write_each() {
    let outbox = Memory::new();
    let receiver = Receiver::always(200).await;
    let mut few = hook("crm", &receiver.url());
    few.events = vec!["command.ended".to_owned()];
    let webhooks = start(&outbox, settings(vec![few]));
    until("it has begun", || outbox.has_subscriber("crm")).await;
    for place in 1..=20 {
        outbox.push(OutboxKind::SessionEnded);
        status_when(&webhooks, |status| status.delivered == place).await;
    }
    assert_eq!(outbox.writes(), 1, "only that there is such a hook");
    webhooks.shutdown().await;
    assert_eq!(outbox.subscriber("crm").delivered, 20);
}

#[tokio::test]
async fn a_large_message_arrives_whole() {
    let outbox = Memory::new();
    outbox.tells_much(3 << 20);
    let receiver = Receiver::always(200).await;
    let _webhooks = started(&outbox, &receiver.url()).await;
    outbox.push_many(2);
    for heard in receiver.heard_of(2).await {
        assert!(heard.json()["data"]["note"].as_str().unwrap().len() > 3 << 20);
        assert_eq!(heard.attempt(), 1);
    }
}

#[tokio::test]
async fn what_is_gone_from_the_books_is_told_without_data() {
    let outbox = Memory::new();
    outbox.tells_nothing();
    let receiver = Receiver::always(200).await;
    let _webhooks = started(&outbox, &receiver.url()).await;
    outbox.push_many(1);
    let json = receiver.heard_of(1).await[0].json();
    assert!(json.as_object().unwrap().contains_key("data") && json["data"].is_null(), "{json}");
}

#[tokio::test]
async fn an_event_that_is_committed_while_the_outbox_is_read_is_not_overlooked() {
    let outbox = Memory::new();
    let receiver = Receiver::always(200).await;
    let webhooks = started(&outbox, &receiver.url()).await;
    outbox.push_many(1);
    status_when(&webhooks, |status| status.state == HookState::Idle && status.delivered == 1).await;
    outbox.overtakes_once();
    receiver.heard_of(2).await;
}

#[tokio::test]
async fn a_dead_hook_delays_no_other() {
    let outbox = Memory::new();
    let silent = Receiver::new(|_| Reply::Silence).await;
    let receiver = Receiver::always(200).await;
    let mut dead = hook("dead", &silent.url());
    dead.timeout = Duration::from_secs(30);
    let webhooks = start(&outbox, settings(vec![dead, hook("crm", &receiver.url())]));
    until("both have begun", || outbox.has_subscriber("dead") && outbox.has_subscriber("crm")).await;
    let places = outbox.push_many(120);
    check_promises(&receiver.heard_of(120).await, &places);
    assert_eq!(silent.places(), [1]);
    assert_eq!(webhooks.status()[0].state, HookState::Delivering);
}

#[tokio::test]
async fn without_anybody_who_wakes_it_the_outbox_is_looked_at_now_and_then() {
    let outbox = Memory::new();
    let receiver = Receiver::always(200).await;
    let mut settings = settings(vec![hook("crm", &receiver.url())]);
    settings.pace.poll = Duration::from_millis(20);
    let (_, wake) = tokio::sync::watch::channel(());
    let hooks = settings.check().unwrap();
    let (store, clock) = (std::sync::Arc::clone(&outbox), std::sync::Arc::new(crate::support::Watch));
    let _webhooks = amprule_webhooks::Webhooks::start(hooks, store, clock, wake);
    until("it has begun", || outbox.has_subscriber("crm")).await;
    outbox.push_many(1);
    receiver.heard_of(1).await;
}
