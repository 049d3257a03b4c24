use amprule_domain::outbox::{OutboxKind, Subscriber};
use amprule_webhooks::HookState;
use serde_json::json;

use crate::outbox::Memory;
use crate::receiver::{Door, Heard, Receiver, Reply};
use crate::support::{Log, hook, settings, start, started, status_when, until};

fn kinds(heard: &[Heard]) -> Vec<(String, u64)> {
    heard.iter().map(|heard| (heard.kind(), heard.place())).collect()
}

fn known(delivered: u64, attempted: Option<u64>) -> Subscriber {
    Subscriber { name: "crm".to_owned(), delivered, attempted, missed: 0 }
}

#[tokio::test]
async fn a_receiver_is_told_what_it_will_never_hear_of() {
    let log = Log::keep();
    let outbox = Memory::new();
    outbox.push_many(20);
    outbox.knows(known(4, None));
    outbox.forget_up_to(15);
    let receiver = Receiver::new(|heard| Reply::Status(if heard.attempt() == 1 { 500 } else { 200 })).await;
    let mut few = hook("crm", &receiver.url());
    few.events = vec!["command.*".to_owned()];
    let webhooks = start(&outbox, settings(vec![few]));
    let heard = receiver.heard_of(2).await;
    assert_eq!(kinds(&heard), [("outbox.missed".to_owned(), 15), ("outbox.missed".to_owned(), 15)]);
    assert_eq!(heard[0].json()["data"], json!({ "from": 5, "to": 15 }));
    assert_eq!((heard[0].id(), heard[1].attempt()), ("evt_depot_missed_5_15", 2));
    assert_eq!(heard[0].id(), heard[1].id());
    let status = status_when(&webhooks, |status| status.delivered == 20).await;
    assert_eq!(status.missed, 11);
    until("it is written", || outbox.subscriber("crm").missed == 11).await;
    let [error] = log.of("ERROR").try_into().unwrap();
    assert!(error.contains("11 places") && error.contains("gap.from=5") && error.contains("gap.to=15"), "{error}");
}

#[tokio::test]
async fn events_that_go_while_a_receiver_is_away_are_told_once_it_is_back() {
    let outbox = Memory::new();
    let door = Door::new();
    let webhooks = started(&outbox, &door.url()).await;
    outbox.push_many(200);
    status_when(&webhooks, |status| status.state == HookState::Retrying).await;
    outbox.forget_up_to(150);
    let receiver = door.listen(|_| Reply::Status(200), None);
    let heard = receiver.heard_of(101).await;
    let places: Vec<u64> = heard.iter().map(Heard::place).collect();
    assert_eq!(places, (1..=50).chain(150..=200).collect::<Vec<_>>(), "what was read is still delivered");
    assert_eq!(heard[50].json()["data"], json!({ "from": 51, "to": 150 }));
    status_when(&webhooks, |status| status.missed == 100 && status.delivered == 200).await;
}

#[tokio::test]
async fn a_restart_counts_what_was_missed_once() {
    let outbox = Memory::new();
    outbox.push_many(20);
    outbox.knows(known(4, None));
    outbox.forget_up_to(15);
    let door = Door::new();
    for _ in 0..2 {
        let webhooks = started(&outbox, &door.url()).await;
        let status = status_when(&webhooks, |status| status.state == HookState::Retrying).await;
        assert_eq!(
            (status.missed, outbox.subscriber("crm").missed),
            (11, 0),
            "shown at once, written with the telling"
        );
        webhooks.shutdown().await;
    }
    let receiver = door.listen(|_| Reply::Status(200), None);
    let webhooks = started(&outbox, &receiver.url()).await;
    receiver.heard_of(6).await;
    webhooks.shutdown().await;
    assert_eq!(outbox.subscriber("crm").missed, 11);
}

#[tokio::test]
async fn a_telling_that_may_have_arrived_before_a_crash_says_so() {
    let outbox = Memory::new();
    outbox.push_many(30);
    outbox.knows(known(4, Some(15)));
    outbox.forget_up_to(25);
    let receiver = Receiver::always(200).await;
    let _webhooks = started(&outbox, &receiver.url()).await;
    let heard = receiver.heard_of(6).await;
    assert_eq!((heard[0].id(), heard[0].attempt()), ("evt_depot_missed_5_25", 2));
    assert!(heard[1..].iter().all(|heard| heard.attempt() == 1));
}

#[tokio::test]
async fn places_that_were_never_given_are_not_missed() {
    let outbox = Memory::new();
    let receiver = Receiver::always(200).await;
    let webhooks = started(&outbox, &receiver.url()).await;
    for round in 1..=5 {
        outbox.push_many(60);
        outbox.leave_a_gap();
        outbox.push(OutboxKind::SessionEnded);
        receiver.heard_of(round * 61).await;
        // The store lets go of what everybody has.
        status_when(&webhooks, |status| status.state == HookState::Idle).await;
        outbox.forget_up_to(webhooks.status()[0].delivered);
        outbox.leave_a_gap();
    }
    webhooks.shutdown().await;
    outbox.push_many(1);
    outbox.forget_up_to(outbox.subscriber("crm").delivered - 1);
    assert!(receiver.heard().iter().all(|heard| heard.kind() == "session.ended"));
}

#[tokio::test]
async fn a_gap_behind_an_event_that_is_kept_is_nothing_missed() {
    let outbox = Memory::new();
    outbox.push_many(4);
    outbox.knows(known(4, None));
    outbox.leave_a_gap();
    outbox.push_many(2);
    outbox.forget_up_to(3);
    let receiver = Receiver::always(200).await;
    let _webhooks = started(&outbox, &receiver.url()).await;
    assert_eq!(receiver.heard_of(2).await.iter().map(Heard::place).collect::<Vec<_>>(), [8, 9]);
}

#[tokio::test]
async fn places_that_went_back_make_nobody_deaf() {
    let log = Log::keep();
    let outbox = Memory::new();
    outbox.push_many(3);
    outbox.knows(known(500, Some(550)));
    let receiver = Receiver::always(200).await;
    let _webhooks = started(&outbox, &receiver.url()).await;
    let heard = receiver.heard_of(3).await;
    assert_eq!(
        heard.iter().map(|heard| (heard.place(), heard.attempt())).collect::<Vec<_>>(),
        [(1, 1), (2, 1), (3, 1)]
    );
    assert!(log.of("ERROR")[0].contains("went back"));
}

#[tokio::test]
async fn a_new_hook_at_an_empty_outbox_has_missed_nothing() {
    let outbox = Memory::new();
    outbox.push_many(70);
    outbox.forget_up_to(70);
    outbox.knows(Subscriber { name: "erp".to_owned(), delivered: 70, attempted: None, missed: 0 });
    let receiver = Receiver::always(200).await;
    let webhooks = started(&outbox, &receiver.url()).await;
    assert_eq!(outbox.subscriber("crm").delivered, 70, "no place is newer than the farthest subscriber's");
    outbox.leave_a_gap();
    outbox.push_many(1);
    assert_eq!(kinds(&receiver.heard_of(1).await), [("session.ended".to_owned(), 74)]);
    assert_eq!(webhooks.status()[0].missed, 0);
}
