//! One token at several stations at once, under a policy that allows one session.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use amprule_domain::event::{ProvisioningEvent, StationEvent};
use amprule_domain::ports::Door;
use amprule_domain::reply::{AuthorizationStatus, Reply};
use amprule_domain::{StationId, Timestamp};
use amprule_engine::{Engine, Settings};

use crate::outside::{Disk, Plug, Willing, engine_with, wire};
use crate::{start, start_at, ticket};

async fn one_session(disk: &Arc<Disk>) -> Arc<Engine> {
    disk.is_slow.store(true, Ordering::Relaxed);
    engine_with(disk, Willing { sessions_max: Some(1), ..Willing::default() }, Settings::default()).await
}

fn connect(engine: &Engine, count: usize) -> Vec<Plug> {
    let ends = (0..count).map(|number| {
        let (plug, link) = wire();
        engine.attach(StationId::new(format!("cs-{number}")), link, ticket());
        plug
    });
    ends.collect()
}

/// `None`: it could not be stored.
async fn told(plug: &mut Plug) -> Option<AuthorizationStatus> {
    match plug.answer().await {
        Ok(Reply::Transaction(reply)) => reply.token.map(|token| token.status),
        Ok(other) => panic!("not a start's answer: {other:?}"),
        Err(_) => None,
    }
}

#[tokio::test(start_paused = true)]
async fn of_two_starts_at_once_one_is_accepted() {
    let engine = one_session(&Arc::default()).await;
    let mut plugs = connect(&engine, 2);
    plugs.iter_mut().for_each(|plug| plug.event(start()));
    let mut answers = Vec::new();
    for plug in &mut plugs {
        answers.push(told(plug).await);
    }
    answers.sort_by_key(|status| status.map(AuthorizationStatus::as_str));
    assert_eq!(answers, [Some(AuthorizationStatus::Accepted), Some(AuthorizationStatus::ConcurrentTx)]);
}

#[tokio::test(start_paused = true)]
async fn a_start_that_could_not_be_stored_counts_no_longer() {
    let disk = Arc::<Disk>::default();
    let engine = one_session(&disk).await;
    let mut plugs = connect(&engine, 2);
    for plug in &mut plugs {
        plug.event(StationEvent::Provisioning(ProvisioningEvent::Heartbeat));
        plug.answer().await.unwrap();
    }
    disk.fails.store(true, Ordering::Relaxed);
    plugs[0].event(start());
    assert_eq!(told(&mut plugs[0]).await, None);
    disk.fails.store(false, Ordering::Relaxed);
    plugs[1].event(start());
    assert_eq!(told(&mut plugs[1]).await, Some(AuthorizationStatus::Accepted));
    plugs[0].event(start());
    assert_eq!(told(&mut plugs[0]).await, Some(AuthorizationStatus::ConcurrentTx), "now the store counts the other");
}

#[tokio::test(start_paused = true)]
async fn a_lost_session_does_not_bar_its_driver_from_the_same_connector() {
    let engine = one_session(&Arc::default()).await;
    let mut plugs = connect(&engine, 2);
    plugs[0].event(start());
    assert_eq!(told(&mut plugs[0]).await, Some(AuthorizationStatus::Accepted));
    let later = || start_at(Timestamp::from_second(1_789_991_200).expect("in range"));
    plugs[0].event(later());
    assert_eq!(told(&mut plugs[0]).await, Some(AuthorizationStatus::Accepted), "the one before is over");
    plugs[1].event(later());
    assert_eq!(told(&mut plugs[1]).await, Some(AuthorizationStatus::ConcurrentTx));
}

#[tokio::test(start_paused = true)]
async fn a_refused_session_that_is_over_makes_no_room_for_another() {
    let engine = one_session(&Arc::default()).await;
    let mut plugs = connect(&engine, 2);
    plugs[1].event(start());
    assert_eq!(told(&mut plugs[1]).await, Some(AuthorizationStatus::Accepted));
    for at in [1_789_990_600, 1_789_991_200] {
        plugs[0].event(start_at(Timestamp::from_second(at).expect("in range")));
        assert_eq!(told(&mut plugs[0]).await, Some(AuthorizationStatus::ConcurrentTx));
    }
}
