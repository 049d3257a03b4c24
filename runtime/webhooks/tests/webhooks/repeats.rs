use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use amprule_domain::outbox::Subscriber;
use amprule_webhooks::HookState;
use parking_lot::Mutex;

use crate::outbox::Memory;
use crate::receiver::{Door, Heard, Receiver, Reply};
use crate::support::{check_promises, hook, settings, start, started, status_when, until};

fn attempts(heard: &[Heard]) -> Vec<(u64, u32)> {
    heard.iter().map(|heard| (heard.place(), heard.attempt())).collect()
}

#[tokio::test]
async fn a_receiver_that_was_away_gets_everything_once_and_in_order() {
    let outbox = Memory::new();
    let door = Door::new();
    let webhooks = started(&outbox, &door.url()).await;
    let mut places = outbox.push_many(150);
    let status = status_when(&webhooks, |status| status.state == HookState::Retrying).await;
    assert!(status.last_failure.unwrap().what.contains("refused"));
    assert_eq!((status.waiting, status.delivered), (Some(150), 0));
    let receiver = door.listen(|_| Reply::Status(200), None);
    places.extend(outbox.push_many(150));
    let heard = receiver.heard_of(300).await;
    check_promises(&heard, &places);
    assert!(heard.iter().all(|heard| heard.attempt() == 1), "what cannot have arrived is not told as repeated");
}

#[tokio::test]
async fn an_event_that_was_refused_comes_again_and_those_behind_it_wait() {
    let outbox = Memory::new();
    let answers = [503, 429, 404, 500, 200];
    let next = AtomicUsize::new(0);
    let receiver =
        Receiver::new(move |_| Reply::Status(*answers.get(next.fetch_add(1, Ordering::Relaxed)).unwrap_or(&200)));
    let receiver = receiver.await;
    let _webhooks = started(&outbox, &receiver.url()).await;
    let places = outbox.push_many(3);
    let heard = receiver.heard_of(7).await;
    check_promises(&heard, &places);
    assert_eq!(attempts(&heard), [(1, 1), (1, 2), (1, 3), (1, 4), (1, 5), (2, 1), (3, 1)]);
    until("it is written", || outbox.subscriber("crm").delivered == 3).await;
}

#[tokio::test]
async fn an_event_that_was_taken_without_an_answer_comes_again_as_the_second() {
    let outbox = Memory::new();
    let is_first = AtomicBool::new(true);
    let receiver =
        Receiver::new(move |_| if is_first.swap(false, Ordering::Relaxed) { Reply::Drop } else { Reply::Status(200) });
    let receiver = receiver.await;
    let webhooks = started(&outbox, &receiver.url()).await;
    outbox.push_many(2);
    assert_eq!(attempts(&receiver.heard_of(3).await), [(1, 1), (1, 2), (2, 1)]);
    let what = webhooks.status()[0].last_failure.clone().unwrap().what;
    assert!(what.contains("before an answer"), "{what}");
}

#[tokio::test]
async fn a_kept_connection_that_dies_under_an_event_costs_no_wait() {
    let outbox = Memory::new();
    let receiver = Receiver::new(|heard| match (heard.connection, heard.place()) {
        (0, 2) => Reply::Drop,
        _ => Reply::Status(200),
    });
    let receiver = receiver.await;
    let mut slow = settings(vec![hook("crm", &receiver.url())]);
    slow.pace.first_retry = Duration::from_secs(60);
    slow.pace.longest_retry = Duration::from_secs(60);
    let webhooks = start(&outbox, slow);
    until("it has begun", || outbox.has_subscriber("crm")).await;
    outbox.push_many(3);
    assert_eq!(attempts(&receiver.heard_of(4).await), [(1, 1), (2, 1), (2, 2), (3, 1)]);
    assert_eq!(webhooks.status()[0].last_failure, None, "it is no failure of the receiver");
}

#[tokio::test]
async fn a_connection_that_was_closed_between_events_is_not_used_again() {
    let outbox = Memory::new();
    let receiver = Receiver::new(|_| Reply::Last("HTTP/1.1 204 Yes\r\nContent-Length: 0\r\n\r\n")).await;
    let _webhooks = started(&outbox, &receiver.url()).await;
    for many in 1..=5 {
        outbox.push_many(1);
        receiver.heard_of(many).await;
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(receiver.heard().iter().all(|heard| heard.attempt() == 1));
}

#[tokio::test]
async fn nothing_leaves_before_the_disk_knows_that_it_may() {
    let outbox = Memory::new();
    let early = Arc::new(Mutex::new(Vec::new()));
    let (books, found) = (Arc::clone(&outbox), Arc::clone(&early));
    let receiver = Receiver::new(move |heard| {
        let known = books.subscriber("crm");
        if known.attempted.is_none_or(|attempted| attempted < heard.place()) || known.delivered >= heard.place() {
            found.lock().push((heard.place(), known));
        }
        Reply::Status(if heard.place() % 7 == 0 && heard.attempt() == 1 { 500 } else { 200 })
    });
    let receiver = receiver.await;
    let _webhooks = started(&outbox, &receiver.url()).await;
    for _ in 0..20 {
        outbox.push_many(6);
        tokio::task::yield_now().await;
    }
    receiver.heard_of(120 + 17).await;
    assert_eq!(*early.lock(), []);
}

#[tokio::test]
async fn after_a_crash_only_what_is_told_as_repeated_is_repeated() {
    let outbox = Memory::new();
    let receiver = Receiver::always(200).await;
    let mut places = Vec::new();
    for crash in 1..=4 {
        let webhooks = started(&outbox, &receiver.url()).await;
        places.extend(outbox.push_many(120));
        receiver.heard_when(|heard| heard.last().is_some_and(|heard| heard.place() >= crash * 120 - 37)).await;
        drop(webhooks);
        assert!(outbox.subscriber("crm").delivered <= crash * 120);
    }
    let _webhooks = started(&outbox, &receiver.url()).await;
    let heard = receiver.heard_when(|heard| heard.last().is_some_and(|heard| heard.place() == 480)).await;
    check_promises(&heard, &places);
    let repeated = heard.iter().filter(|heard| heard.attempt() > 1).count();
    assert!(repeated <= 4 * 51, "a crash repeats one batch at most, not {repeated}");
}

#[tokio::test]
async fn while_one_event_is_refused_the_disk_knows_that_those_behind_it_never_left() {
    let outbox = Memory::new();
    let receiver = Receiver::new(|heard| match (heard.place(), heard.attempt()) {
        (1..=3, _) => Reply::Status(200),
        (_, 1) => Reply::Status(500),
        _ => Reply::Silence,
    });
    let receiver = receiver.await;
    let webhooks = started(&outbox, &receiver.url()).await;
    outbox.push_many(10);
    for attempt in 1..=2 {
        receiver.heard_of(3 + attempt).await;
        until("it is written", || outbox.subscriber("crm").delivered == 3).await;
        assert_eq!(outbox.subscriber("crm").attempted, Some(4));
    }
    drop(webhooks);
}

#[tokio::test]
async fn an_orderly_restart_repeats_nothing() {
    let outbox = Memory::new();
    let receiver = Receiver::always(200).await;
    let mut places = Vec::new();
    for restart in 1..=4 {
        let webhooks = started(&outbox, &receiver.url()).await;
        places.extend(outbox.push_many(120));
        receiver.heard_when(|heard| heard.last().is_some_and(|heard| heard.place() >= restart * 120 - 37)).await;
        webhooks.shutdown().await;
    }
    let _webhooks = started(&outbox, &receiver.url()).await;
    let heard = receiver.heard_of(480).await;
    check_promises(&heard, &places);
    assert!(heard.iter().all(|heard| heard.attempt() == 1));
}

#[tokio::test]
async fn an_attempt_that_is_cut_by_a_stop_is_told_as_perhaps_repeated() {
    let outbox = Memory::new();
    let silent = Receiver::new(|_| Reply::Silence).await;
    let mut patient = hook("crm", &silent.url());
    patient.timeout = Duration::from_secs(30);
    let webhooks = start(&outbox, settings(vec![patient]));
    until("it has begun", || outbox.has_subscriber("crm")).await;
    outbox.push_many(3);
    silent.heard_of(1).await;
    webhooks.shutdown().await;
    let entry = outbox.subscriber("crm");
    assert_eq!((entry.delivered, entry.attempted), (0, Some(1)), "the others certainly never left");
    let receiver = Receiver::always(200).await;
    let _webhooks = started(&outbox, &receiver.url()).await;
    assert_eq!(attempts(&receiver.heard_of(3).await), [(1, 2), (2, 1), (3, 1)]);
}

#[tokio::test]
async fn an_answer_that_comes_while_it_stops_counts() {
    let outbox = Memory::new();
    let slow = Receiver::new(|_| Reply::Drip("HTTP/1.1 200 Yes\r\n\r\n", Duration::from_millis(1))).await;
    let mut patient = settings(vec![hook("crm", &slow.url())]);
    patient.pace.grace = Duration::from_secs(2);
    let webhooks = start(&outbox, patient);
    until("it has begun", || outbox.has_subscriber("crm")).await;
    outbox.push_many(2);
    slow.heard_of(1).await;
    webhooks.shutdown().await;
    let entry = outbox.subscriber("crm");
    assert_eq!((entry.delivered, entry.attempted, slow.places()), (1, None, vec![1]));
}

#[tokio::test]
async fn what_an_earlier_crash_may_have_sent_is_remembered_through_failures() {
    let outbox = Memory::new();
    let places = outbox.push_many(20);
    outbox.knows(Subscriber { name: "crm".to_owned(), delivered: 0, attempted: Some(10), missed: 0 });
    let door = Door::new();
    let webhooks = started(&outbox, &door.url()).await;
    status_when(&webhooks, |status| status.state == HookState::Retrying).await;
    webhooks.shutdown().await;
    assert_eq!(outbox.subscriber("crm").attempted, Some(10));
    let receiver = door.listen(|_| Reply::Status(200), None);
    let _webhooks = started(&outbox, &receiver.url()).await;
    let heard = receiver.heard_of(20).await;
    let expect: Vec<(u64, u32)> = places.iter().map(|place| (*place, if *place <= 10 { 2 } else { 1 })).collect();
    assert_eq!(attempts(&heard), expect);
}

#[tokio::test]
async fn while_the_disk_takes_nothing_nothing_is_sent() {
    let outbox = Memory::new();
    let receiver = Receiver::always(200).await;
    let webhooks = started(&outbox, &receiver.url()).await;
    status_when(&webhooks, |status| status.state == HookState::Idle).await;
    outbox.breaks(true);
    outbox.push_many(3);
    let status = status_when(&webhooks, |status| status.state == HookState::Retrying).await;
    assert!(status.last_failure.unwrap().what.contains("the disk is full"));
    assert_eq!(receiver.heard().len(), 0);
    outbox.breaks(false);
    assert_eq!(attempts(&receiver.heard_of(3).await), [(1, 1), (2, 1), (3, 1)]);
    status_when(&webhooks, |status| status.state == HookState::Idle && status.next_try_at.is_none()).await;
}
