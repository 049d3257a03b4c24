use std::time::Duration;

use amprule_webhooks::HookState;
use tokio::time::Instant;

use crate::outbox::Memory;
use crate::receiver::{Heard, Receiver, Reply};
use crate::support::{check_promises, hook, settings, start, started, status_when, until};

const OK: &str = "HTTP/1.1 200 OK\r\n";

/// The second attempt is taken; what the status says of the first, and how long it took.
async fn first(reply: fn() -> Reply) -> (String, Duration) {
    let outbox = Memory::new();
    let receiver = Receiver::new(move |heard| if heard.attempt() == 1 { reply() } else { Reply::Status(200) }).await;
    let mut hasty = hook("crm", &receiver.url());
    hasty.timeout = Duration::from_millis(200);
    let webhooks = start(&outbox, settings(vec![hasty]));
    until("it has begun", || outbox.has_subscriber("crm")).await;
    let begun = Instant::now();
    outbox.push_many(1);
    let status = status_when(&webhooks, |status| status.last_failure.is_some()).await;
    let took = begun.elapsed();
    assert_eq!(receiver.heard_of(2).await[..2].iter().map(Heard::attempt).collect::<Vec<_>>(), [1, 2]);
    (status.last_failure.unwrap().what, took)
}

/// The first attempt is taken, whatever comes behind its head.
async fn taken(reply: fn() -> Reply) {
    let outbox = Memory::new();
    let receiver = Receiver::new(move |_| reply()).await;
    let webhooks = started(&outbox, &receiver.url()).await;
    let places = outbox.push_many(2);
    status_when(&webhooks, |status| status.state == HookState::Idle && status.delivered == 2).await;
    check_promises(&receiver.heard(), &places);
    assert_eq!(webhooks.status()[0].last_failure, None);
}

#[tokio::test]
async fn a_receiver_that_says_nothing_is_given_up() {
    let (what, took) = first(|| Reply::Silence).await;
    assert_eq!(what, "no answer within 200ms");
    assert!(took < Duration::from_secs(1), "{took:?}");
}

#[tokio::test]
async fn an_answer_that_drips_is_given_up() {
    let (what, took) =
        first(|| Reply::Drip("HTTP/1.1 200 Yes\r\nX-A: 12345678901234567890", Duration::from_millis(40))).await;
    assert_eq!(what, "no answer within 200ms");
    assert!(took < Duration::from_secs(1), "{took:?}");
}

#[tokio::test]
async fn a_body_that_drips_behind_a_yes_does_not_matter() {
    taken(|| Reply::Drip("HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\nabcdefghijkl", Duration::from_millis(1))).await;
}

#[tokio::test]
async fn a_huge_body_is_not_read() {
    taken(|| Reply::Raw(format!("{OK}Content-Length: 30000000\r\n\r\n{}", "x".repeat(1 << 20)))).await;
    let huge = || Reply::Raw(format!("HTTP/1.1 500 No\r\nContent-Length: 30000000\r\n\r\n{}", "yes ".repeat(1 << 18)));
    let (what, _) = first(huge).await;
    assert!(what.starts_with("it answered 500 Internal Server Error: yes yes") && what.len() == 300, "{what}");
}

#[tokio::test]
async fn a_body_that_ends_too_early_behind_a_yes_does_not_matter() {
    taken(|| Reply::Last("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")).await;
    taken(|| Reply::Last("HTTP/1.1 202 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")).await;
}

#[tokio::test]
async fn a_head_without_end_is_given_up() {
    let (what, _) = first(|| Reply::Raw(format!("{OK}X-A: {}", "x".repeat(1 << 20)))).await;
    assert!(what.contains("broke before an answer"), "{what}");
    let (what, _) = first(|| Reply::Raw(format!("{OK}{}\r\n", "X-A: x\r\n".repeat(1_000)))).await;
    assert!(what.contains("broke before an answer"), "{what}");
}

#[tokio::test]
async fn what_is_no_http_is_no_answer() {
    for reply in [
        || Reply::Raw("220 mail.example ESMTP\r\n".to_owned()),
        || Reply::Raw("HTTP/1.1 abc\r\n\r\n".to_owned()),
        || Reply::Raw("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n".to_owned()),
    ] {
        first(reply).await;
    }
}

#[tokio::test]
async fn words_before_the_answer_are_passed_over() {
    taken(|| Reply::Raw("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 204 Yes\r\n\r\n".to_owned())).await;
}

#[tokio::test]
async fn a_name_with_several_addresses_is_reached_at_the_one_that_listens() {
    let outbox = Memory::new();
    let receiver = Receiver::always(200).await;
    let _webhooks = started(&outbox, &format!("http://localhost:{}/", receiver.addr.port())).await;
    outbox.push_many(1);
    receiver.heard_of(1).await;
}

#[tokio::test]
async fn addresses_where_no_receiver_is_are_not_called() {
    for host in ["169.254.169.254", "[::ffff:169.254.169.254]", "0.0.0.0", "[fe80::1]"] {
        let outbox = Memory::new();
        let webhooks = started(&outbox, &format!("https://{host}/latest")).await;
        outbox.push_many(1);
        let what = status_when(&webhooks, |status| status.last_failure.is_some()).await.last_failure.unwrap().what;
        assert!(what.contains("is not called"), "{what}");
    }
}

#[tokio::test]
async fn a_panic_is_one_hooks_and_it_goes_on_later() {
    let outbox = Memory::new();
    let receiver = Receiver::always(200).await;
    let webhooks = started(&outbox, &receiver.url()).await;
    outbox.panics_once();
    outbox.push_many(2);
    let status = status_when(&webhooks, |status| status.state == HookState::Retrying).await;
    assert!(status.last_failure.unwrap().what.contains("panicked"));
    // On the wire there is nothing now, so time may jump.
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(61)).await;
    tokio::time::resume();
    assert_eq!(receiver.heard_of(2).await.len(), 2);
    until("it is written", || outbox.subscriber("crm").delivered == 2).await;
    webhooks.shutdown().await;
}

#[tokio::test]
async fn stopping_takes_no_longer_than_it_may() {
    let outbox = Memory::new();
    let receiver = Receiver::new(|_| Reply::Status(500)).await;
    let webhooks = started(&outbox, &receiver.url()).await;
    outbox.push_many(1);
    receiver.heard_of(1).await;
    let begun = Instant::now();
    webhooks.shutdown().await;
    webhooks.shutdown().await;
    assert!(begun.elapsed() < Duration::from_millis(500), "{:?}", begun.elapsed());
    let heard = receiver.heard().len();
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(receiver.heard().len(), heard);
}
