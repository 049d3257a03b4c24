//! Commands, bills, and what others are to hear.

use amprule_domain::bill::Bill;
use amprule_domain::command::{Command, Exchange, ExchangeState, Most, Origin, Trigger};
use amprule_domain::doors::{ExchangeFilter, Page};
use amprule_domain::effect::Effect;
use amprule_domain::load::{Allowed, Amperes, Limited};
use amprule_domain::outbox::{OutboxEvent, OutboxKind, Subscriber};
use amprule_domain::{CommandId, SessionId, StationId, TransactionId};
use uuid::Uuid;

use super::Backend;
use super::build::{at, ended, page, priced, session};

fn exchange(n: u128, station: &str) -> Exchange {
    let command = Command::Trigger { message: Trigger::Status, evse: Some(1), connector: None };
    let id = CommandId(Uuid::from_u128(n));
    Exchange::queue(id, station.into(), command, Origin::Operator, Some(at(600)), at(0))
}

fn written(exchange: &Exchange) -> Effect {
    Effect::Exchange(Box::new(exchange.clone()))
}

pub(crate) async fn commands_are_found_while_they_are_open_and_the_latest_after_that(store: &dyn Backend) {
    let station = StationId::from("cs-1");
    let open = exchange(1, "cs-1");
    store.commit(vec![written(&open), written(&exchange(2, "cs-2"))]).await.unwrap();
    assert_eq!(store.open_exchanges(&station).await.unwrap(), std::slice::from_ref(&open));
    assert_eq!(store.live_stations().await.unwrap(), [station.clone(), StationId::from("cs-2")]);
    let over = open.sent(at(1)).expired(at(700));
    store.commit(vec![written(&over)]).await.unwrap();
    assert!(store.open_exchanges(&station).await.unwrap().is_empty());
    assert_eq!(store.exchange(open.id).await.unwrap().map(|exchange| exchange.state), Some(ExchangeState::TimedOut));

    for n in 10..310 {
        store.commit(vec![written(&exchange(n, "cs-1").given_up("x", at(1)))]).await.unwrap();
    }
    let of_station = ExchangeFilter { station: Some(station), is_open: false };
    let (mut after, mut found) = (None, Vec::new());
    loop {
        let listed = store.exchanges(&of_station, &Page { after, limit: 70 }).await.unwrap();
        found.extend(listed.items.iter().map(|exchange| exchange.id.0.as_u128()));
        after = listed.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(found, (110..310).rev().collect::<Vec<_>>(), "the latest 200, newest first");
    let latest = store.latest_exchanges(&StationId::from("cs-1"), 2).await.unwrap();
    assert_eq!(latest.iter().map(|exchange| exchange.id.0.as_u128()).collect::<Vec<_>>(), [309, 308]);
    let all_open = store.exchanges(&ExchangeFilter { station: None, is_open: true }, &page(9)).await.unwrap();
    assert_eq!(all_open.items.len(), 1);
}

pub(crate) async fn a_limit_of_a_site_is_known_until_it_is_given_back(store: &dyn Backend) {
    let limited = |station: &str, evse: u32| {
        let (site, most_a) = ("depot".to_owned(), Amperes::whole(32));
        Limited {
            station: station.into(),
            evse,
            site,
            most_a,
            most_w: 7_360,
            phases_w: Some(1),
            is_cleared: false,
            left_at: None,
            own: None,
            own_of: None,
        }
    };
    let write = |limited: &Limited| Effect::Limited(Box::new(limited.clone()));
    let (first, second, other) = (limited("cs-1", 1), limited("cs-1", 2), limited("cs-2", 1));
    store.commit([&other, &second, &first].map(write).into()).await.unwrap();
    let own = Allowed { most: Most::Watts(1_380), phases: Some(1) };
    let left =
        Limited { left_at: Some(at(5)), ..first }.with_own(None, own).with_own(Some(TransactionId::new("7")), own);
    store.commit(vec![write(&left)]).await.unwrap();
    assert_eq!(store.limited().await.unwrap(), [left.clone(), second, other.clone()]);
    // It may come back though its station is nobody's any more.
    store.commit(vec![Effect::StationGone("cs-1".into())]).await.unwrap();
    store.commit(vec![Effect::LimitedGone { station: "cs-1".into(), evse: 2 }]).await.unwrap();
    assert_eq!(store.limited().await.unwrap(), [left, other]);
}

pub(crate) async fn a_bill_is_never_overwritten(store: &dyn Backend) {
    let mut session = priced(ended(session(1, "cs-1", "a")), "5.00", "EUR");
    session.bill = 1;
    std::sync::Arc::make_mut(session.price.as_mut().unwrap()).is_final = true;
    let bill = |version: u32, why: &str| {
        let bill = Bill::of(&session).expect("it is billed");
        Bill { version, why: why.to_owned(), issued_at: Some(at(version.into())), ..bill }
    };
    let write = |bill: &Bill| Effect::Bill(Box::new(bill.clone()));
    store.commit(vec![write(&bill(1, "")), write(&bill(2, "late-reading"))]).await.unwrap();
    store.commit(vec![write(&bill(1, "other"))]).await.unwrap();
    assert_eq!(store.bills(&session).await.unwrap(), [bill(1, ""), bill(2, "late-reading")]);
}

pub(crate) async fn events_come_in_order_and_stay_until_every_subscriber_has_them(store: &dyn Backend) {
    let event = |n: u128| OutboxEvent {
        at: at(0),
        kind: OutboxKind::SessionBilled,
        station: "cs-1".into(),
        session: Some(SessionId(Uuid::from_u128(n))),
        bill: Some(3),
        command: Some(CommandId(Uuid::from_u128(n))),
    };
    assert_eq!(store.outbox_span().await.unwrap(), None);
    for first in (1..=10_500).step_by(500) {
        store.commit((first..first + 500).map(|n| Effect::Outbox(event(n))).collect()).await.unwrap();
    }
    let rows = store.outbox(10_000, 3).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.place).collect::<Vec<_>>(), [10_001, 10_002, 10_003]);
    assert_eq!(rows[0].event, event(10_001));
    let (oldest, newest) = store.outbox_span().await.unwrap().unwrap();
    assert!((400..=500).contains(&oldest) && newest == 10_500, "{oldest} to {newest}: nobody waits for the oldest");

    let behind = Subscriber { name: "books".to_owned(), delivered: 600, attempted: Some(700), missed: 2 };
    store.commit(vec![Effect::Subscriber(Box::new(behind.clone()))]).await.unwrap();
    assert_eq!(store.subscribers().await.unwrap(), [behind]);
    store.commit((1..=1_000).map(|n| Effect::Outbox(event(n))).collect()).await.unwrap();
    assert_eq!(store.outbox_span().await.unwrap().unwrap().0, 600, "the last that it has, and what it has not heard");
    store.commit(vec![Effect::SubscriberGone("books".to_owned())]).await.unwrap();
    assert!(store.subscribers().await.unwrap().is_empty());
}
