//! A full disk is told, and does not fill the log.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use amprule_domain::event::{ProvisioningEvent, StationEvent};
use amprule_domain::ports::Door;
use amprule_engine::Settings;
use tokio::time::advance;

use crate::outside::{Disk, Said, engine, wire};
use crate::{start, station, ticket};

#[tokio::test(start_paused = true)]
async fn a_cause_that_repeats_is_said_at_once_once_a_minute_and_when_it_is_over() {
    let disk = Arc::<Disk>::default();
    let engine = engine(&disk, Settings::default()).await;
    let (mut plug, link) = wire();
    engine.attach(station(), link, ticket());
    plug.event(StationEvent::Provisioning(ProvisioningEvent::Heartbeat));
    plug.answer().await.unwrap();

    disk.fails.store(true, Ordering::Relaxed);
    let (said, _guard) = Said::listen();
    for _ in 0..100 {
        for _ in 0..50 {
            plug.event(start());
            plug.answer().await.unwrap_err();
        }
        advance(Duration::from_secs(1)).await;
    }
    let lines = said.take();
    assert_eq!(lines.len(), 2, "{lines:#?}");
    assert!(lines[0].contains("a message could not be stored") && lines[0].contains("times=1 "), "{lines:#?}");
    assert!(lines[1].contains("the disk is full") && lines[1].contains("times=3000 "), "{lines:#?}");

    disk.fails.store(false, Ordering::Relaxed);
    for _ in 0..3 {
        advance(Duration::from_secs(60)).await;
        plug.event(StationEvent::Provisioning(ProvisioningEvent::Heartbeat));
        plug.answer().await.unwrap();
    }
    let lines = said.take();
    assert_eq!(lines.len(), 1, "{lines:#?}");
    assert!(
        lines[0].contains("not any more for a minute: a message") && lines[0].contains("times=5000 "),
        "{lines:#?}"
    );
}
