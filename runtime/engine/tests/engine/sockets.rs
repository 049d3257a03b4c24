//! Sockets that take each other's place, and tasks that end in a bug.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use amprule_domain::event::{ProvisioningEvent, StationEvent};
use amprule_domain::ports::{CloseReason, Door};
use amprule_domain::reply::Reply;
use amprule_engine::{CallFailed, Settings};

use crate::outside::{Disk, Plug, Seen, dead_wire, engine, wire};
use crate::{start, station, ticket};

async fn beats(plug: &mut Plug) -> bool {
    plug.event(StationEvent::Provisioning(ProvisioningEvent::Heartbeat));
    matches!(plug.answer().await, Ok(Reply::Heartbeat { .. }))
}

#[tokio::test]
async fn a_newer_socket_wins_and_the_old_one_is_told() {
    let engine = engine(&Arc::default(), Settings::default()).await;
    let ((mut old, first), (mut new, second)) = (wire(), wire());
    engine.attach(station(), first, ticket());
    old.event(StationEvent::Provisioning(ProvisioningEvent::Heartbeat));
    old.answer().await.unwrap();
    engine.attach(station(), second, ticket());
    assert_eq!(old.next().await, Some(Seen::Closed(CloseReason::Superseded)));
    assert_eq!(old.next().await, None);
    new.event(StationEvent::Provisioning(ProvisioningEvent::Heartbeat));
    assert!(matches!(new.answer().await, Ok(Reply::Heartbeat { .. })));
    assert!(engine.connection(&station()).is_some());
}

/// A station has its answer before its socket is handed over, and may be back by then.
#[tokio::test]
async fn a_socket_that_was_let_in_earlier_and_is_handed_over_later_does_not_win() {
    let engine = engine(&Arc::default(), Settings::default()).await;
    let ((mut old, first), (mut new, second)) = (wire(), wire());
    let (earlier, later) = (ticket(), ticket());
    engine.attach(station(), second, later);
    engine.attach(station(), first, earlier);
    assert!(beats(&mut new).await);
    assert_eq!(old.next().await, None);
}

#[tokio::test]
async fn a_write_to_a_dead_socket_does_not_keep_the_new_one_waiting() {
    let engine = engine(&Arc::default(), Settings::default()).await;
    let ((mut old, first), (mut new, second)) = (dead_wire(), wire());
    engine.attach(station(), first, ticket());
    old.event(StationEvent::Provisioning(ProvisioningEvent::Heartbeat));
    tokio::task::yield_now().await;
    engine.attach(station(), second, ticket());
    new.event(StationEvent::Provisioning(ProvisioningEvent::Heartbeat));
    assert!(matches!(new.answer().await, Ok(Reply::Heartbeat { .. })));
}

#[tokio::test]
async fn a_command_to_a_dead_socket_does_not_keep_the_new_one_waiting() {
    let engine = engine(&Arc::default(), Settings::default()).await;
    let ((_old, first), (mut new, second)) = (dead_wire(), wire());
    engine.attach(station(), first, ticket());
    let calling = tokio::spawn({
        let engine = engine.clone();
        async move { engine.call(&station(), "Reset", "{}").await }
    });
    tokio::task::yield_now().await;
    engine.attach(station(), second, ticket());
    assert!(beats(&mut new).await);
    assert_eq!(calling.await.unwrap(), Err(CallFailed::Gone));
}

/// The mail and its announcement reach the task in any order.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_socket_is_never_cut_for_its_own_arrival() {
    let engine = engine(&Arc::default(), Settings::default()).await;
    for round in 0..2_000 {
        let (mut plug, link) = wire();
        plug.event(StationEvent::Provisioning(ProvisioningEvent::Heartbeat));
        engine.attach(station(), link, ticket());
        assert!(plug.answer().await.is_ok(), "round {round}");
        assert!(beats(&mut plug).await, "round {round}");
    }
}

#[tokio::test]
async fn after_a_panic_the_next_connection_works() {
    let disk = Arc::<Disk>::default();
    let engine = engine(&disk, Settings::default()).await;
    let (mut plug, link) = wire();
    engine.attach(station(), link, ticket());
    assert!(beats(&mut plug).await);
    disk.panics.store(true, Ordering::Relaxed);
    plug.event(start());
    assert_eq!(plug.next().await, None, "its socket is closed");
    let (mut plug, link) = wire();
    engine.attach(station(), link, ticket());
    assert!(beats(&mut plug).await);
    assert_eq!(engine.loaded(), 1);
    plug.event(start());
    assert!(matches!(plug.answer().await, Ok(Reply::Transaction(_))));
}

#[tokio::test]
async fn sockets_and_commands_in_the_mailbox_end_with_a_panic() {
    let disk = Arc::<Disk>::default();
    let engine = engine(&disk, Settings::default()).await;
    let ((mut first, one), (mut second, two)) = (wire(), wire());
    disk.panics.store(true, Ordering::Relaxed);
    engine.attach(station(), one, ticket());
    engine.attach(station(), two, ticket());
    let called = engine.call(&station(), "Reset", "{}").await;
    assert!(matches!(called, Err(CallFailed::Gone | CallFailed::NotConnected)), "{called:?}");
    assert_eq!((first.next().await, second.next().await), (None, None));
    assert_eq!((engine.loaded(), engine.connected()), (0, 0));
    let (mut third, link) = wire();
    engine.attach(station(), link, ticket());
    assert!(beats(&mut third).await);
}
