//! Sessions that a station's task does not have at hand any more.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use amprule_domain::event::{ChargingEvent, Naming, Phase, StationEvent, TransactionEvent};
use amprule_domain::ports::Door;
use amprule_domain::reading::{Context, Reading};
use amprule_domain::reply::RefusalCode;
use amprule_domain::session::SessionState;
use amprule_domain::{Energy, TransactionId};
use amprule_engine::Settings;
use jiff::SignedDuration;

use crate::outside::{Disk, Plug, began, engine, wire};
use crate::{station, ticket};

/// The `hour`th session of a day: begun, and ended twenty minutes later.
fn event(hour: i64, phase: Phase) -> StationEvent {
    let minute = hour * 60 + if phase == Phase::Ended { 20 } else { 0 };
    let at = Some(began() - SignedDuration::from_hours(24) + SignedDuration::from_mins(minute));
    StationEvent::Charging(ChargingEvent::Transaction(TransactionEvent {
        phase,
        naming: Naming::Theirs,
        transaction: Some(TransactionId::new(format!("t-{hour}"))),
        seq_no: Some(u32::from(phase == Phase::Ended)),
        at,
        told_at: None,
        evse: Some(1),
        connector: Some(1),
        token: None,
        readings: vec![Reading::register(at, Context::Other, Energy::from_wh(minute * 10))],
        charging: None,
        stop_reason: None,
        offline: false,
        reservation: None,
        remote_start: None,
        operation_mode: None,
        money: None,
    }))
}

async fn many_sessions(plug: &mut Plug) {
    for hour in 0..20 {
        for phase in [Phase::Started, Phase::Ended] {
            plug.event(event(hour, phase));
            plug.answer().await.expect("it is stored");
        }
    }
}

#[tokio::test]
async fn an_old_transaction_that_is_told_again_begins_no_second_session() {
    let disk = Arc::<Disk>::default();
    let engine = engine(&disk, Settings::default()).await;
    let (mut plug, link) = wire();
    engine.attach(station(), link, ticket());
    many_sessions(&mut plug).await;
    let before = disk.sessions(|_| true);
    assert_eq!(before.len(), 20);
    for phase in [Phase::Started, Phase::Ended] {
        plug.event(event(0, phase));
        plug.answer().await.unwrap();
    }
    assert_eq!(disk.sessions(|_| true), before);
    assert!(before.iter().all(|session| session.state == SessionState::Ended));
}

#[tokio::test]
async fn what_cannot_be_looked_up_is_not_guessed() {
    let disk = Arc::<Disk>::default();
    let engine = engine(&disk, Settings::default()).await;
    let (mut plug, link) = wire();
    engine.attach(station(), link, ticket());
    many_sessions(&mut plug).await;
    disk.forgets.store(true, Ordering::Relaxed);
    plug.event(event(0, Phase::Started));
    assert_eq!(plug.answer().await.unwrap_err().code, RefusalCode::InternalError);
    disk.forgets.store(false, Ordering::Relaxed);
    plug.event(event(0, Phase::Started));
    plug.answer().await.unwrap();
    assert_eq!(disk.sessions(|_| true).len(), 20);
}
