//! A silent station's deadlines.

use std::sync::Arc;
use std::time::Duration;

use amprule_domain::command::{Command, Verdict};
use amprule_domain::event::{Boot, ProvisioningEvent, StationEvent};
use amprule_domain::ports::Door;
use amprule_domain::session::Session;
use amprule_domain::{Decimal, Mark};
use amprule_engine::Settings;
use tokio::time::{Instant, sleep};

use crate::outside::{Disk, Seen, Willing, began, engine_with, wire};
use crate::{start_at, station, ticket};

fn only_session(disk: &Disk) -> Session {
    let mut sessions = disk.sessions(|_| true);
    assert_eq!(sessions.len(), 1);
    sessions.remove(0)
}

#[tokio::test(start_paused = true)]
async fn a_limit_in_time_stops_a_silent_station() {
    let disk = Arc::<Disk>::default();
    let hooks = Willing { max_duration_s: Some(3_600), ..Willing::default() };
    let engine = engine_with(&disk, hooks, Settings::default()).await;
    let (mut plug, link) = wire();
    engine.attach(station(), link, ticket());
    let begun = Instant::now();
    plug.event(start_at(began()));
    plug.answer().await.unwrap();
    let Some(Seen::Command { id, command }) = plug.next().await else { panic!("a command") };
    assert!(matches!(command, Command::Stop { .. }));
    let waited = begun.elapsed().as_secs();
    assert!((3_600..3_602).contains(&waited), "after {waited} s");
    plug.verdict(&id, Verdict::Accepted);
    assert!(only_session(&disk).limits.stop_requested);
    let asked = Instant::now();
    assert!(matches!(plug.next().await, Some(Seen::Command { .. })), "it goes on, so it is asked again");
    assert!(asked.elapsed() >= Duration::from_secs(290), "{:?}", asked.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_was_reached_before_the_station_came_back_waits_until_it_has_told_its_news() {
    let disk = Arc::<Disk>::default();
    let hooks = Willing { max_duration_s: Some(600), ..Willing::default() };
    let engine = engine_with(&disk, hooks, Settings::default()).await;
    let (mut plug, link) = wire();
    engine.attach(station(), link, ticket());
    let begun = Instant::now();
    plug.event(start_at(began() - jiff::SignedDuration::from_hours(2)));
    plug.answer().await.unwrap();
    assert!(matches!(plug.next().await, Some(Seen::Command { .. })));
    assert!(begun.elapsed() >= Duration::from_secs(60), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_price_that_changes_by_the_clock_is_refreshed_while_the_station_is_silent() {
    let disk = Arc::<Disk>::default();
    let hooks = Willing { prices: true, ..Willing::default() };
    let engine = engine_with(&disk, hooks, Settings::default()).await;
    let (mut plug, link) = wire();
    engine.attach(station(), link, ticket());
    plug.event(start_at(began()));
    plug.answer().await.unwrap();
    let mut notices = engine.subscribe();
    plug.event(crate::update(began(), 700));
    plug.answer().await.unwrap();
    assert_eq!(notices.recv().await.unwrap().kind, "session.updated");
    for minutes in [15, 30, 45] {
        let notice = notices.recv().await.unwrap();
        assert_eq!(notice.kind, "session.updated");
        assert_eq!(notice.data["total"], minutes.to_string());
        let price = only_session(&disk).price.unwrap();
        assert_eq!(price.total, Decimal::from(minutes));
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_without_a_stop_ends_by_itself_though_the_station_never_comes_back() {
    let disk = Arc::<Disk>::default();
    let before = engine_with(&disk, Willing::default(), Settings::default()).await;
    let (mut plug, link) = wire();
    before.attach(station(), link, ticket());
    plug.event(start_at(began()));
    plug.answer().await.unwrap();
    plug.event(StationEvent::Provisioning(ProvisioningEvent::Boot(Boot::default())));
    plug.answer().await.unwrap();
    assert!(only_session(&disk).marks.has(&Mark::STOP_AWAITED), "at once");
    before.shutdown().await;

    let after = engine_with(&disk, Willing::default(), Settings::default()).await;
    after.wake_stations().await.unwrap();
    sleep(Duration::from_secs(7 * 3_600)).await;
    let session = only_session(&disk);
    assert!(!session.is_open() && session.marks.has(&Mark::NO_STOP) && session.marks.has(&Mark::NEEDS_REVIEW));
    assert_eq!(session.ended_at, Some(session.started_at), "at its last reading");
}
