//! Our own clock can be the wrong one.

use std::sync::Arc;

use amprule_domain::ports::Door;
use amprule_domain::session::Session;
use amprule_domain::{Mark, Timestamp};
use amprule_engine::{Engine, Settings};
use jiff::SignedDuration;

use crate::outside::{Disk, Plug, began, engine, wire};
use crate::{start_at, ticket};

async fn starts(engine: &Engine, station: &str, at: Timestamp) -> Plug {
    let (mut plug, link) = wire();
    engine.attach(station.into(), link, ticket());
    plug.event(start_at(at));
    plug.answer().await.expect("it is stored");
    plug
}

fn session(disk: &Disk, station: &str) -> Session {
    let mut sessions = disk.sessions(|session| session.station.as_str() == station);
    assert_eq!(sessions.len(), 1, "{station}");
    sessions.remove(0)
}

fn is_doubted(session: &Session) -> bool {
    session.marks.has(&Mark::SERVER_CLOCK_DOUBTFUL) && session.marks.has(&Mark::NEEDS_REVIEW)
}

#[tokio::test]
async fn when_most_stations_are_ahead_it_is_we_who_are_behind() {
    let disk = Arc::<Disk>::default();
    let engine = engine(&disk, Settings::default()).await;
    let today = began() + SignedDuration::from_hours(24 * 365 * 5);
    let first = starts(&engine, "cs-1", today).await;
    assert!(!is_doubted(&session(&disk, "cs-1")), "one station alone may be wrong itself");
    assert_ne!(session(&disk, "cs-1").started_at, today);
    assert!(engine.clock_is_sane().is_ok());

    let second = starts(&engine, "cs-2", today).await;
    let third = starts(&engine, "cs-3", today).await;
    assert_eq!(session(&disk, "cs-3").started_at, today, "nothing is clamped to a clock that is wrong");
    assert!(is_doubted(&session(&disk, "cs-3")));
    assert!(engine.clock_is_sane().unwrap_err().contains("3 of 3 stations are ahead"));

    for station in ["cs-4", "cs-5"] {
        starts(&engine, station, began()).await;
    }
    assert!(engine.clock_is_sane().is_ok());
    drop((first, second, third));
}

#[tokio::test]
async fn stations_that_say_local_time_as_utc_do_not_outvote_one_that_agrees() {
    let disk = Arc::<Disk>::default();
    let engine = engine(&disk, Settings::default()).await;
    let local = began() + SignedDuration::from_secs(2 * 3_600 + 7);
    let mut plugs = Vec::new();
    for station in ["cs-1", "cs-2", "cs-3"] {
        plugs.push(starts(&engine, station, local).await);
    }
    assert!(engine.clock_is_sane().is_err(), "all of them: our clock may have been set to local time");
    plugs.push(starts(&engine, "cs-4", began()).await);
    assert!(engine.clock_is_sane().is_ok());
    assert!(!is_doubted(&session(&disk, "cs-4")));
    for station in ["cs-5", "cs-6", "cs-7"] {
        plugs.push(starts(&engine, station, local + SignedDuration::from_mins(7)).await);
    }
    assert!(engine.clock_is_sane().is_err(), "no zone is so far away");
}

#[tokio::test]
async fn a_clock_before_the_latest_commit_is_doubted_until_stations_agree_with_it() {
    let disk = Arc::<Disk>::default();
    *disk.written.lock().unwrap() = Some(began() + SignedDuration::from_hours(3));
    let engine = engine(&disk, Settings::default()).await;
    assert!(engine.clock_is_sane().unwrap_err().contains("the books were written at"));
    let _old = starts(&engine, "cs-1", began() - SignedDuration::from_hours(2)).await;
    assert!(is_doubted(&session(&disk, "cs-1")));

    let _present = starts(&engine, "cs-2", began()).await;
    assert!(!is_doubted(&session(&disk, "cs-2")), "the commit was written with a wrong clock");
}
