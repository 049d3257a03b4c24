//! Stations that nobody needs leave memory, and nothing is lost by it.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use amprule_domain::StationId;
use amprule_domain::event::{ProvisioningEvent, StationEvent};
use amprule_domain::ports::{Door, Visitor};
use amprule_domain::reply::Reply;
use amprule_domain::station::{Provisioning, StationRecord};
use amprule_engine::{Engine, Settings};
use tokio::time::sleep;

use crate::outside::{Disk, Plug, Seen, Willing, began, engine, engine_with, wire};
use crate::{start_at, station, ticket};

const IDLE: Duration = Duration::from_secs(600);
const LATER: Duration = Duration::from_secs(601);

fn visitor(id: &StationId) -> Visitor<'_> {
    Visitor { station: id, address: [127, 0, 0, 1].into(), basic: None, tls: false, client_certificate: None }
}

#[tokio::test(start_paused = true)]
async fn a_station_that_came_once_makes_room_for_another() {
    let engine = engine(&Arc::default(), Settings { stations_max: 1, ..Settings::default() }).await;
    let (mut plug, link) = wire();
    engine.attach(station(), link, ticket());
    plug.event(StationEvent::Provisioning(ProvisioningEvent::Heartbeat));
    plug.answer().await.unwrap();
    sleep(LATER).await;
    assert_eq!(engine.loaded(), 1, "its connection lives");
    drop(plug);
    let other = StationId::from("cs-2");
    assert!(engine.admit(&visitor(&other)).await.is_err(), "there is no room yet");
    sleep(LATER).await;
    assert_eq!(engine.loaded(), 0);
    assert!(engine.admit(&visitor(&other)).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_session_goes_on_after_its_station_was_unloaded() {
    let disk = Arc::<Disk>::default();
    let engine = engine(&disk, Settings::default()).await;
    let (mut plug, link) = wire();
    engine.attach(station(), link, ticket());
    plug.event(start_at(began()));
    plug.answer().await.unwrap();
    drop(plug);
    sleep(LATER).await;
    assert_eq!(engine.loaded(), 0);
    let (mut plug, link) = wire();
    engine.attach(station(), link, ticket());
    plug.message("again".into(), start_at(began()));
    assert!(matches!(plug.answer().await, Ok(Reply::Transaction(_))));
    assert_eq!(disk.sessions(|_| true).len(), 1, "the same start is the same session");
}

/// The id of a command that this station answers.
async fn id_of_a_command(engine: &Arc<Engine>, plug: &mut Plug) -> String {
    let asking = engine.clone();
    let asked = tokio::spawn(async move { asking.call(&station(), "Reset", "{}").await });
    let Some(Seen::Call { id, .. }) = plug.next().await else { panic!("a command") };
    plug.result(&id, "{}");
    asked.await.expect("no panic").expect("an answer");
    id
}

#[tokio::test(start_paused = true)]
async fn a_command_has_an_id_of_its_own_after_its_station_was_unloaded() {
    let engine = engine(&Arc::default(), Settings::default()).await;
    let mut ids = HashSet::new();
    for _ in 0..3 {
        let (mut plug, link) = wire();
        engine.attach(station(), link, ticket());
        ids.insert(id_of_a_command(&engine, &mut plug).await);
        ids.insert(id_of_a_command(&engine, &mut plug).await);
        drop(plug);
        sleep(LATER).await;
        assert_eq!(engine.loaded(), 0);
    }
    assert_eq!(ids.len(), 6, "{ids:?}");
    assert!(ids.iter().all(|id| id.len() <= 36), "{ids:?}");
}

#[tokio::test(start_paused = true)]
async fn a_station_with_a_deadline_stays() {
    let hooks = Willing { max_duration_s: Some(3_600), ..Willing::default() };
    let engine = engine_with(&Arc::default(), hooks, Settings::default()).await;
    let (mut plug, link) = wire();
    engine.attach(station(), link, ticket());
    plug.event(start_at(began()));
    plug.answer().await.unwrap();
    drop(plug);
    sleep(LATER).await;
    assert_eq!(engine.loaded(), 1, "it has to be stopped at its limit");
    sleep(Duration::from_secs(3_600) + LATER).await;
    assert_eq!(engine.loaded(), 0);
}

/// Letters that come exactly when the task wants to end, before and after it.
#[tokio::test(start_paused = true)]
async fn mail_at_the_moment_of_the_end_is_not_lost() {
    let engine = engine(&Arc::default(), Settings::default()).await;
    let mut ended = 0;
    for round in 0..200_u32 {
        let id = StationId::new(format!("cs-{round}"));
        let record = StationRecord::new(id.clone(), Provisioning::Accepted);
        engine.put_station(record.clone()).await.unwrap();
        sleep(IDLE).await;
        for _ in 0..round % 4 {
            tokio::task::yield_now().await;
        }
        ended += usize::from(engine.loaded() == 0);
        let (configured, ()) = tokio::join!(engine.put_station(record), async {
            let (mut plug, link) = wire();
            engine.attach(id.clone(), link, ticket());
            plug.event(StationEvent::Provisioning(ProvisioningEvent::Heartbeat));
            plug.answer().await.unwrap();
        });
        configured.unwrap();
        sleep(LATER + LATER).await;
    }
    assert!(ended > 0, "some came after the end");
    assert_eq!(engine.loaded(), 0);
}
