//! Stations that wait to be accepted, in a version that is strict about them and in one that is not.

use std::sync::Arc;

use amprule_domain::event::{Boot, ChargingEvent, ProvisioningEvent, StationEvent, TransactionEvent};
use amprule_domain::ports::{Door, Link};
use amprule_domain::reply::{AuthorizationStatus, RefusalCode, Reply};
use amprule_domain::station::{Provisioning, StationRecord};
use amprule_engine::{Engine, PendingStations, Settings};

use crate::outside::{Disk, Plug, Seen, engine, strict_wire, wire};
use crate::{start, station, ticket, update};

async fn provision(engine: &Engine, provisioning: Provisioning) {
    engine.put_station(StationRecord::new(station(), provisioning)).await.expect("it is stored");
}

async fn pending(pending_stations: PendingStations, (plug, link): (Plug, Box<dyn Link>)) -> (Arc<Engine>, Plug) {
    let engine = engine(&Arc::default(), Settings { pending_stations, ..Settings::default() }).await;
    provision(&engine, Provisioning::Pending).await;
    engine.attach(station(), link, ticket());
    (engine, plug)
}

async fn is_refused(plug: &mut Plug, event: StationEvent) -> bool {
    plug.event(event);
    match plug.answer().await {
        Ok(_) => false,
        Err(refusal) => {
            assert_eq!(refusal.code, RefusalCode::SecurityError);
            true
        }
    }
}

/// Sends a command, which the station answers.
async fn command(engine: &Arc<Engine>, plug: &mut Plug, action: &'static str) {
    let asking = engine.clone();
    let asked = tokio::spawn(async move { asking.call(&station(), action, "{}").await });
    let Some(Seen::Call { id, .. }) = plug.next().await else { panic!("a command") };
    plug.result(&id, "{}");
    asked.await.expect("no panic").expect("an answer");
}

#[tokio::test]
async fn a_pending_station_says_that_it_has_booted_and_what_it_is_asked_for() {
    let (engine, mut plug) = pending(PendingStations::Strict, strict_wire()).await;
    plug.event(StationEvent::Provisioning(ProvisioningEvent::Boot(Boot::default())));
    assert!(matches!(plug.answer().await, Ok(Reply::Boot { status: Provisioning::Pending, .. })));
    assert!(is_refused(&mut plug, StationEvent::Provisioning(ProvisioningEvent::Heartbeat)).await);
    assert!(is_refused(&mut plug, start()).await);
    command(&engine, &mut plug, "Reset").await;
    assert!(
        is_refused(&mut plug, StationEvent::Provisioning(ProvisioningEvent::Heartbeat)).await,
        "nothing was asked for"
    );
    command(&engine, &mut plug, "Trigger").await;
    assert!(!is_refused(&mut plug, StationEvent::Provisioning(ProvisioningEvent::Heartbeat)).await);

    let (mut plug, link) = strict_wire();
    engine.attach(station(), link, ticket());
    assert!(
        is_refused(&mut plug, StationEvent::Provisioning(ProvisioningEvent::Heartbeat)).await,
        "on another connection"
    );
    provision(&engine, Provisioning::Accepted).await;
    assert!(!is_refused(&mut plug, StationEvent::Provisioning(ProvisioningEvent::Heartbeat)).await);
}

#[tokio::test]
async fn a_pending_station_may_say_all_where_the_version_or_the_operator_is_lenient() {
    for (setting, ends) in [(PendingStations::Strict, wire()), (PendingStations::Lenient, strict_wire())] {
        let (engine, mut plug) = pending(setting, ends).await;
        assert!(!is_refused(&mut plug, StationEvent::Provisioning(ProvisioningEvent::Heartbeat)).await);
        plug.event(start());
        let Ok(Reply::Transaction(reply)) = plug.answer().await else { panic!("it is served") };
        assert_eq!(reply.token.map(|token| token.status), Some(AuthorizationStatus::Invalid), "and may not start");
        assert_eq!(engine.store().live_sessions(&station(), 8).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn a_transaction_that_began_while_the_station_was_accepted_is_told_to_its_end() {
    let disk = Arc::<Disk>::default();
    let engine = engine(&disk, Settings::default()).await;
    provision(&engine, Provisioning::Accepted).await;
    let (mut plug, link) = strict_wire();
    engine.attach(station(), link, ticket());
    plug.event(start());
    let Ok(Reply::Transaction(reply)) = plug.answer().await else { panic!("it starts") };
    provision(&engine, Provisioning::Pending).await;
    let StationEvent::Charging(ChargingEvent::Transaction(event)) = update(crate::outside::began(), 700) else {
        unreachable!("it is one")
    };
    let known = TransactionEvent { transaction: Some(reply.transaction), ..event.clone() };
    let unknown = TransactionEvent { transaction: Some("another".into()), ..event };
    assert!(!is_refused(&mut plug, StationEvent::Charging(ChargingEvent::Transaction(known))).await);
    assert!(is_refused(&mut plug, StationEvent::Charging(ChargingEvent::Transaction(unknown))).await);
}
