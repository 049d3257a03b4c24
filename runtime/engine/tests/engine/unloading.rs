//! Stations that nobody needs leave memory, and nothing is lost by it.

use std::sync::Arc;
use std::time::Duration;

use amprule_domain::StationId;
use amprule_domain::event::StationEvent;
use amprule_domain::ports::{Door, Visitor};
use amprule_domain::reply::Reply;
use amprule_domain::station::{Provisioning, StationRecord};
use amprule_engine::Settings;
use tokio::time::sleep;

use crate::outside::{Disk, Willing, began, engine, engine_with, wire};
use crate::{start_at, station};

const IDLE: Duration = Duration::from_secs(600);
const LATER: Duration = Duration::from_secs(601);

fn visitor(id: &StationId) -> Visitor<'_> {
    Visitor { station: id, address: [127, 0, 0, 1].into(), basic: None, tls: false, client_certificate: None }
}

#[tokio::test(start_paused = true)]
async fn a_station_that_came_once_makes_room_for_another() {
    let engine = engine(&Arc::default(), Settings { stations_max: 1, ..Settings::default() });
    let (mut plug, link) = wire();
    engine.attach(station(), link);
    plug.event(StationEvent::Heartbeat);
    plug.answer().await.unwrap();
    sleep(LATER).await;
    assert_eq!(engine.loaded(), 1, "its connection lives");
    drop(plug);
    let other = StationId::from("cs-2");
    assert!(engine.admit(&visitor(&other)).is_err(), "there is no room yet");
    sleep(LATER).await;
    assert_eq!(engine.loaded(), 0);
    assert!(engine.admit(&visitor(&other)).is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_session_goes_on_after_its_station_was_unloaded() {
    let disk = Arc::<Disk>::default();
    let engine = engine(&disk, Settings::default());
    let (mut plug, link) = wire();
    engine.attach(station(), link);
    plug.event(start_at(began()));
    plug.answer().await.unwrap();
    drop(plug);
    sleep(LATER).await;
    assert_eq!(engine.loaded(), 0);
    let (mut plug, link) = wire();
    engine.attach(station(), link);
    plug.message("again".into(), start_at(began()));
    assert!(matches!(plug.answer().await, Ok(Reply::Transaction(_))));
    assert_eq!(disk.sessions(|_| true).len(), 1, "the same start is the same session");
}

#[tokio::test(start_paused = true)]
async fn a_station_with_a_deadline_stays() {
    let hooks = Willing { max_duration_s: Some(3_600), ..Willing::default() };
    let engine = engine_with(&Arc::default(), hooks, Settings::default());
    let (mut plug, link) = wire();
    engine.attach(station(), link);
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
async fn a_letter_at_the_moment_of_the_end_is_not_lost() {
    let engine = engine(&Arc::default(), Settings::default());
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
            engine.attach(id.clone(), link);
            plug.event(StationEvent::Heartbeat);
            plug.answer().await.unwrap();
        });
        configured.unwrap();
        sleep(LATER + LATER).await;
    }
    assert!(ended > 0, "some came after the end");
    assert_eq!(engine.loaded(), 0);
}
