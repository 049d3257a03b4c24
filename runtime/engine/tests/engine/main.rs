//! The engine between a link and a store: who wins, who waits, and what is never answered.

mod clocks;
mod deadlines;
mod door;
mod exchanges;
mod outside;
mod pending;
mod recall;
mod reported;
mod sockets;
mod starts;
mod troubles;
mod unloading;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use amprule_domain::effect::Effect;
use amprule_domain::event::{Boot, ChargingEvent, Naming, Phase, ProvisioningEvent, StationEvent, TransactionEvent};
use amprule_domain::ports::CallOutcome;
use amprule_domain::ports::{CloseReason, Door, Ticket};
use amprule_domain::reading::{Context, Reading};
use amprule_domain::reply::{RefusalCode, Reply};
use amprule_domain::reported::Identity;
use amprule_domain::station::{Provisioning, StationRecord};
use amprule_domain::token::IdToken;
use amprule_domain::{Energy, StationId, Timestamp};
use amprule_engine::{CallFailed, Settings};

use crate::outside::{Disk, Seen, engine, wire};

/// The next one at the door.
fn ticket() -> Ticket {
    static LET_IN: AtomicU64 = AtomicU64::new(1);
    Ticket(LET_IN.fetch_add(1, Ordering::SeqCst))
}

fn station() -> StationId {
    StationId::from("cs-1")
}

fn start() -> StationEvent {
    start_at(Timestamp::from_second(1_789_990_000).expect("in range"))
}

fn start_at(at: Timestamp) -> StationEvent {
    let at = Some(at);
    StationEvent::Charging(ChargingEvent::Transaction(TransactionEvent {
        phase: Phase::Started,
        naming: Naming::Ours,
        transaction: None,
        seq_no: None,
        at,
        told_at: None,
        evse: Some(1),
        connector: Some(1),
        token: Some(IdToken::new("ABC", "ISO14443")),
        readings: vec![Reading::register(at, Context::Begin, Energy::from_wh(5))],
        charging: None,
        stop_reason: None,
        offline: false,
        reservation: None,
        remote_start: None,
        operation_mode: None,
        money: None,
    }))
}

/// A reading of the only open transaction.
fn update(at: Timestamp, wh: i64) -> StationEvent {
    let StationEvent::Charging(ChargingEvent::Transaction(started)) = start_at(at) else { unreachable!("it is one") };
    let readings = vec![Reading::register(Some(at), Context::Periodic, Energy::from_wh(wh))];
    StationEvent::Charging(ChargingEvent::Transaction(TransactionEvent {
        phase: Phase::Updated,
        token: None,
        readings,
        ..started
    }))
}

#[tokio::test]
async fn what_is_not_stored_is_not_answered_and_changes_nothing() {
    let disk = Arc::<Disk>::default();
    let engine = engine(&disk, Settings::default()).await;
    let (mut plug, link) = wire();
    engine.attach(station(), link, ticket());
    plug.event(StationEvent::Provisioning(ProvisioningEvent::Heartbeat));
    plug.answer().await.unwrap();

    disk.fails.store(true, Ordering::Relaxed);
    plug.message("start".into(), start());
    assert_eq!(plug.answer().await.unwrap_err().code, RefusalCode::InternalError);
    disk.fails.store(false, Ordering::Relaxed);
    plug.message("start".into(), start());
    let first = plug.answer().await.unwrap();
    plug.message("start".into(), start());
    assert_eq!(plug.answer().await.unwrap(), first, "a repetition gets the same answer");
    let sessions = disk.sessions(|session| session.station == station());
    assert_eq!(sessions.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn commands_leave_one_at_a_time_and_each_has_its_deadline() {
    let engine =
        engine(&Arc::default(), Settings { call_queue_timeout: Duration::from_secs(60), ..Settings::default() }).await;
    let (mut plug, link) = wire();
    engine.attach(station(), link, ticket());
    let ask = |action: &'static str| {
        let engine = engine.clone();
        tokio::spawn(async move { engine.call(&station(), action, "{}").await })
    };
    let first = ask("First");
    let Some(Seen::Call { action, .. }) = plug.next().await else { panic!("the first call") };
    assert_eq!(action, "First");
    let second = ask("Second");
    assert!(matches!(first.await.unwrap(), Err(CallFailed::Timeout(_))), "nobody answered");
    let Some(Seen::Call { id, action }) = plug.next().await else { panic!("the second call") };
    assert_eq!(action, "Second");
    plug.result("of-another-time", "{}");
    plug.result(&id, r#"{"status":"Accepted"}"#);
    assert_eq!(second.await.unwrap(), Ok(CallOutcome::Result(r#"{"status":"Accepted"}"#.into())));
}

#[tokio::test(start_paused = true)]
async fn a_command_that_waits_too_long_for_its_turn_is_never_sent() {
    let settings = Settings { call_queue_timeout: Duration::from_secs(10), ..Settings::default() };
    let engine = engine(&Arc::default(), settings).await;
    let (mut plug, link) = wire();
    engine.attach(station(), link, ticket());
    let ask = |action: &'static str| {
        let engine = engine.clone();
        tokio::spawn(async move { engine.call(&station(), action, "{}").await })
    };
    let first = ask("First");
    let Some(Seen::Call { id, .. }) = plug.next().await else { panic!("the first call") };
    let second = ask("Second");
    assert_eq!(second.await.unwrap(), Err(CallFailed::NotSent(Duration::from_secs(10))));
    let third = ask("Third");
    tokio::task::yield_now().await;
    plug.result(&id, "{}");
    assert!(matches!(first.await.unwrap(), Ok(CallOutcome::Result(_))), "the one that was sent has its own deadline");
    let Some(Seen::Call { id, action }) = plug.next().await else { panic!("the third call") };
    assert_eq!(action, "Third");
    plug.result(&id, "{}");
    assert!(third.await.unwrap().is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_command_whose_asker_has_gone_away_is_not_sent() {
    let engine = engine(&Arc::default(), Settings::default()).await;
    let (mut plug, link) = wire();
    engine.attach(station(), link, ticket());
    let ask = |action: &'static str| {
        let engine = engine.clone();
        tokio::spawn(async move { engine.call(&station(), action, "{}").await })
    };
    let first = ask("First");
    let Some(Seen::Call { id, .. }) = plug.next().await else { panic!("the first call") };
    let second = ask("Second");
    tokio::task::yield_now().await;
    second.abort();
    assert!(second.await.unwrap_err().is_cancelled());
    let third = ask("Third");
    plug.result(&id, "{}");
    first.await.unwrap().unwrap();
    let Some(Seen::Call { id, action }) = plug.next().await else { panic!("the third call") };
    assert_eq!(action, "Third");
    plug.result(&id, "{}");
    third.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn commands_that_wait_have_a_bound_and_end_with_the_connection() {
    let engine = engine(&Arc::default(), Settings { calls_queued_max: 1, ..Settings::default() }).await;
    assert_eq!(engine.call(&station(), "Reset", "{}").await, Err(CallFailed::NotConnected));
    let (mut plug, link) = wire();
    engine.attach(station(), link, ticket());
    let ask = || {
        let engine = engine.clone();
        tokio::spawn(async move { engine.call(&station(), "Reset", "{}").await })
    };
    let outstanding = ask();
    plug.next().await;
    let (waiting, refused) = (ask(), ask());
    assert_eq!(refused.await.unwrap(), Err(CallFailed::Busy(1)));
    drop(plug);
    assert_eq!(outstanding.await.unwrap(), Err(CallFailed::Gone));
    assert_eq!(waiting.await.unwrap(), Err(CallFailed::NotConnected));
}

#[tokio::test]
async fn a_shutdown_lets_the_present_message_finish_and_says_goodbye() {
    let engine = engine(&Arc::default(), Settings::default()).await;
    let (mut plug, link) = wire();
    engine.attach(station(), link, ticket());
    plug.event(StationEvent::Provisioning(ProvisioningEvent::Heartbeat));
    plug.answer().await.unwrap();
    tokio::time::timeout(Duration::from_secs(5), engine.shutdown()).await.expect("all tasks end");
    assert_eq!(plug.next().await, Some(Seen::Closed(CloseReason::Shutdown)));
}

#[tokio::test]
async fn the_operators_part_of_a_record_and_the_stations_part_do_not_overwrite_each_other() {
    let disk = Arc::<Disk>::default();
    let engine = engine(&disk, Settings::default()).await;
    let (mut plug, link) = wire();
    engine.attach(station(), link, ticket());
    plug.event(StationEvent::Provisioning(ProvisioningEvent::Boot(Boot {
        vendor: "Acme".into(),
        model: "One".into(),
        ..Boot::default()
    })));
    plug.answer().await.unwrap();
    let mut record = StationRecord::new(station(), Provisioning::Accepted);
    record.location = Some("Depot".into());
    engine.put_station(record).await.unwrap();
    let stored = engine.store().station(&station()).await.unwrap().unwrap();
    let Identity { boot, protocol, booted_at } = engine.store().reported(&station()).await.unwrap().identity;
    assert_eq!((boot.vendor.as_str(), stored.location.as_deref()), ("Acme", Some("Depot")));
    assert!(protocol.as_deref() == Some("ocpp-test") && booted_at.is_some());
}

/// It connects and boots, twice, whether the operator has made it known before or not.
#[tokio::test]
async fn a_station_is_entered_once_and_its_boots_write_nothing_of_the_operators() {
    for is_known in [false, true] {
        let disk = Arc::<Disk>::default();
        let engine = engine(&disk, Settings::default()).await;
        if is_known {
            engine.put_station(StationRecord::new(station(), Provisioning::Accepted)).await.unwrap();
        }
        for _ in 0..2 {
            let (mut plug, link) = wire();
            engine.attach(station(), link, ticket());
            plug.event(StationEvent::Provisioning(ProvisioningEvent::Boot(Boot::default())));
            plug.answer().await.unwrap();
        }
        let effects = disk.effects.lock().unwrap();
        let written = effects.iter().map(|effect| match effect {
            Effect::Station(_) => "record",
            Effect::Reported { .. } => "report",
            other => panic!("nothing else is written: {other:?}"),
        });
        assert_eq!(written.collect::<Vec<_>>(), ["record", "report", "report", "report"], "known: {is_known}");
    }
}

#[tokio::test]
async fn a_rejected_station_may_only_boot() {
    let disk = Arc::<Disk>::default();
    let engine = engine(&disk, Settings::default()).await;
    engine.put_station(StationRecord::new(station(), Provisioning::Rejected)).await.unwrap();
    let (mut plug, link) = wire();
    engine.attach(station(), link, ticket());
    plug.event(StationEvent::Provisioning(ProvisioningEvent::Boot(Boot::default())));
    assert!(matches!(plug.answer().await, Ok(Reply::Boot { status: Provisioning::Rejected, .. })));
    plug.event(StationEvent::Provisioning(ProvisioningEvent::Heartbeat));
    assert_eq!(plug.answer().await.unwrap_err().code, RefusalCode::SecurityError);
}
