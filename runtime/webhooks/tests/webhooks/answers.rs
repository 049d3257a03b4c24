use std::time::Duration;

use amprule_webhooks::{HookState, Webhooks};
use tokio::time::Instant;

use crate::outbox::Memory;
use crate::receiver::{Receiver, Reply};
use crate::support::{Log, hook, settings, start, started, status_when, until};

fn raw(status: &str, headers: &str, body: &str) -> Reply {
    Reply::Raw(format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n{body}", body.len()))
}

/// What the status says after this answer, and every later one was a yes.
async fn said_of(status: &'static str, headers: &'static str, body: &'static str) -> String {
    let outbox = Memory::new();
    let answer = move |heard: &crate::receiver::Heard| match heard.attempt() {
        1 => raw(status, headers, body),
        _ => Reply::Status(200),
    };
    let receiver = Receiver::new(answer).await;
    let webhooks = started(&outbox, &receiver.url()).await;
    outbox.push_many(1);
    status_when(&webhooks, |status| status.last_failure.is_some()).await.last_failure.unwrap().what
}

#[tokio::test]
async fn what_a_receiver_answered_is_told() {
    assert_eq!(
        said_of("401 Unauthorized", "", "bad\r\n\tsignature").await,
        "it answered 401 Unauthorized: bad signature"
    );
    assert_eq!(said_of("500 Oops", "", "").await, "it answered 500 Internal Server Error");
    let late = "Date: Fri, 02 Jan 2026 01:00:00 GMT\r\n";
    assert_eq!(
        said_of("400 Bad", late, "old").await,
        "it answered 400 Bad Request (its clock is 3600 s ahead of ours): old"
    );
    assert_eq!(said_of("501 No", "", "\u{1b}[31mred\u{7}").await, "it answered 501 Not Implemented: [31mred");
}

#[tokio::test]
async fn a_redirect_is_not_followed_but_told() {
    let elsewhere = Receiver::always(200).await;
    let outbox = Memory::new();
    let location = format!("Location: http://user:word@{}/new?token=geheim\r\n", elsewhere.addr);
    for status in ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"] {
        let location = location.clone();
        let receiver = Receiver::new(move |_| raw(status, &location, "")).await;
        let webhooks = started(&outbox, &receiver.url()).await;
        outbox.push_many(1);
        let shown = status_when(&webhooks, |status| status.last_failure.is_some()).await.last_failure.unwrap().what;
        let expect = format!("which is not followed; enter http://{}/new if that is its new place", elsewhere.addr);
        assert!(shown.ends_with(&expect), "{shown}");
    }
    assert_eq!(elsewhere.heard().len(), 0);
}

#[tokio::test]
async fn a_receiver_that_asks_for_time_gets_it() {
    let outbox = Memory::new();
    let receiver = Receiver::new(|heard| match heard.attempt() {
        1 => raw("429 Slow", "Retry-After: 0.3\r\n", ""),
        _ => Reply::Status(200),
    });
    let receiver = receiver.await;
    let _webhooks = started(&outbox, &receiver.url()).await;
    let begun = Instant::now();
    outbox.push_many(1);
    receiver.heard_of(2).await;
    assert!(begun.elapsed() >= Duration::from_millis(300), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn what_a_receiver_may_ask_for_has_a_bound() {
    let outbox = Memory::new();
    let receiver = Receiver::new(|heard| match heard.attempt() {
        1 => raw("503 BoxFuture", "Retry-After: 999999999999\r\n", ""),
        _ => Reply::Status(200),
    });
    let receiver = receiver.await;
    let mut settings = settings(vec![hook("crm", &receiver.url())]);
    settings.pace.longest_retry_after = Duration::from_millis(80);
    let _webhooks = start(&outbox, settings);
    until("it has begun", || outbox.has_subscriber("crm")).await;
    let begun = Instant::now();
    outbox.push_many(1);
    receiver.heard_of(2).await;
    assert!(begun.elapsed() >= Duration::from_millis(80), "{:?}", begun.elapsed());
}

async fn paused(outbox: &std::sync::Arc<Memory>, receiver: &Receiver, gone: Duration) -> Webhooks {
    let mut settings = settings(vec![hook("crm", &receiver.url())]);
    settings.pace.gone = gone;
    let webhooks = start(outbox, settings);
    until("it has begun", || outbox.has_subscriber("crm")).await;
    outbox.push_many(1);
    let status = status_when(&webhooks, |status| status.state == HookState::Paused).await;
    assert_eq!(status.last_failure.unwrap().what, "it answered 410 Gone");
    assert!(status.next_try_at.is_some());
    webhooks
}

#[tokio::test]
async fn a_receiver_that_is_gone_is_left_alone_and_asked_again_later() {
    let outbox = Memory::new();
    let receiver = Receiver::new(|heard| Reply::Status(if heard.attempt() == 1 { 410 } else { 200 })).await;
    let webhooks = paused(&outbox, &receiver, Duration::from_millis(100)).await;
    outbox.push_many(2);
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(receiver.places(), [1], "new events do not change its mind");
    assert_eq!(receiver.heard_of(4).await.len(), 4);
    status_when(&webhooks, |status| status.state == HookState::Idle && status.delivered == 3).await;
}

#[tokio::test]
async fn a_restart_asks_one_that_was_gone_at_once() {
    let outbox = Memory::new();
    let receiver = Receiver::new(|heard| Reply::Status(if heard.attempt() == 1 { 410 } else { 200 })).await;
    let webhooks = paused(&outbox, &receiver, Duration::from_secs(3600)).await;
    webhooks.shutdown().await;
    let _webhooks = started(&outbox, &receiver.url()).await;
    let heard = receiver.heard_of(2).await;
    assert_eq!((heard[1].place(), heard[1].attempt()), (1, 2));
}

#[tokio::test]
async fn the_log_tells_the_first_failure_of_a_kind_and_when_it_is_over() {
    let log = Log::keep();
    let outbox = Memory::new();
    let receiver = Receiver::new(|heard| match (heard.place(), heard.attempt()) {
        (1, 1..6) => raw("500 Oops", "", "out of\nlight bulbs"),
        (1, 6) => Reply::Drop,
        _ => Reply::Status(200),
    });
    let receiver = receiver.await;
    let webhooks = started(&outbox, &receiver.url()).await;
    outbox.push_many(1);
    receiver.heard_of(3).await;
    outbox.push_many(4);
    status_when(&webhooks, |status| status.state == HookState::Idle && status.delivered == 5).await;
    let [first, second] = log.of("WARN").try_into().unwrap();
    assert!(first.contains("does not take an event: it answered 500"), "{first}");
    assert!(first.contains("hook=crm") && first.contains("out of light bulbs"), "{first}");
    assert!(second.contains("does not answer"), "{second}");
    let [over] = log.of("INFO").try_into().unwrap();
    assert!(over.contains("takes events again") && over.contains("waiting=4") && over.contains("failures=6"), "{over}");
}
