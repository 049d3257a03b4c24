//! What people have reported of commands to their stations, each made small.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use amprule_domain::command::{Command, Exchange, ExchangeState, Most, Verdict};
use amprule_domain::effect::Effect;
use amprule_domain::event::{Boot, ProvisioningEvent, StationEvent};
use amprule_domain::ports::Door;
use amprule_domain::session::SessionState;
use amprule_domain::station::{Provisioning, StationRecord};
use amprule_domain::token::IdToken;
use amprule_engine::{Engine, Settings};
use jiff::SignedDuration;
use tokio::time::{Instant, sleep, timeout};

use crate::exchanges::{command, end, ends, heartbeat, limited, order, written};
use crate::outside::{Disk, Plug, Seen, began, engine, wire};
use crate::{station, ticket};

fn connected(engine: &Engine) -> Plug {
    let (plug, link) = wire();
    engine.attach(station(), link, ticket());
    plug
}

fn boot() -> StationEvent {
    StationEvent::Provisioning(ProvisioningEvent::Boot(Boot::default()))
}

async fn is_silent(plug: &mut Plug, seconds: u64) -> bool {
    timeout(Duration::from_secs(seconds), plug.next()).await.is_err()
}

fn at_most(amperes: u32) -> Command {
    Command::Limit { evse: 1, transaction: None, most: Most::DeciAmperes(amperes * 10), phases: None, above: 0 }
}

fn start() -> Command {
    Command::Start { token: IdToken::new("ABC", ""), evse: Some(1), connector: None, number: 0 }
}

/// As each of them was written last.
fn all_written(disk: &Disk, of: &Exchange) -> Exchange {
    let effects = disk.effects.lock().expect("no panic under the lock");
    let is_it = |effect: &Effect| match effect {
        Effect::Exchange(exchange) if exchange.id == of.id => Some((**exchange).clone()),
        _ => None,
    };
    effects.iter().rev().find_map(is_it).expect("it is written")
}

/// Asked before its boot was answered it starts anew, and is asked again, for ever.
#[tokio::test(start_paused = true)]
async fn a_station_is_asked_nothing_before_its_boot_is_answered() {
    let disk = Arc::<Disk>::default();
    let engine = engine(&disk, Settings::default()).await;
    order(&engine, heartbeat(), 600).await;
    let mut plug = connected(&engine);
    assert!(is_silent(&mut plug, 5).await);
    plug.event(boot());
    assert!(matches!(plug.next().await, Some(Seen::Answer(Ok(_)))));
    let answered = Instant::now();
    command(&mut plug).await;
    assert!(answered.elapsed() < Duration::from_secs(1));
}

/// Its network was gone for a minute: it does not boot, and its next heartbeat is hours away.
#[tokio::test(start_paused = true)]
async fn a_station_that_comes_back_without_a_word_is_asked_after_a_while() {
    let disk = Arc::<Disk>::default();
    let engine = engine(&disk, Settings::default()).await;
    order(&engine, heartbeat(), 600).await;
    let connected_at = Instant::now();
    let mut plug = connected(&engine);
    command(&mut plug).await;
    assert_eq!(connected_at.elapsed().as_secs(), 10);
}

/// A station that waits for its operator refuses a start, and one that is rejected may not be asked at all.
#[tokio::test(start_paused = true)]
async fn a_station_that_is_not_accepted_is_asked_to_start_once_it_is() {
    let disk = Arc::<Disk>::default();
    let engine = engine(&disk, Settings::default()).await;
    let provision = async |provisioning| {
        engine.put_station(StationRecord::new(station(), provisioning)).await.expect("it is stored");
    };
    provision(Provisioning::Rejected).await;
    order(&engine, heartbeat(), 600).await;
    let mut plug = connected(&engine);
    assert!(is_silent(&mut plug, 100).await);
    provision(Provisioning::Pending).await;
    order(&engine, start(), 600).await;
    let (id, asked) = command(&mut plug).await;
    assert_eq!(asked, heartbeat());
    plug.verdict(&id, Verdict::Accepted);
    assert!(is_silent(&mut plug, 100).await);
    provision(Provisioning::Accepted).await;
    assert!(matches!(command(&mut plug).await, (_, Command::Start { .. })));
}

/// Thirty seconds are not enough for it: each answer came when the next try was on its way.
#[tokio::test(start_paused = true)]
async fn an_answer_to_an_earlier_try_counts() {
    let disk = Arc::<Disk>::default();
    let engine = engine(&disk, Settings::default()).await;
    let mut plug = connected(&engine);
    order(&engine, heartbeat(), 600).await;
    let (first, _) = command(&mut plug).await;
    let (second, _) = command(&mut plug).await;
    assert_ne!(first, second);
    plug.verdict(&first, Verdict::Accepted);
    assert_eq!(ends(&disk, ExchangeState::Answered).await.tries, 2);
    plug.verdict(&second, Verdict::Refused);
    assert!(is_silent(&mut plug, 1_000).await);
    assert_eq!(written(&disk).state, ExchangeState::Answered);
}

/// The driver was given 10 A, then 16 A; the first was lost on the way, tried again after the second, and stayed.
#[tokio::test(start_paused = true)]
async fn the_newer_limit_is_the_one_that_stays() {
    let disk = Arc::<Disk>::default();
    let engine = engine(&disk, Settings::default()).await;
    let mut plug = connected(&engine);
    let low = order(&engine, at_most(10), 600).await;
    command(&mut plug).await;
    let high = order(&engine, at_most(16), 600).await;
    let (id, asked) = command(&mut plug).await;
    assert_eq!(asked, at_most(16));
    plug.verdict(&id, Verdict::Accepted);
    assert!(is_silent(&mut plug, 1_000).await);
    assert_eq!(all_written(&disk, &high).state, ExchangeState::Answered);
    let low = all_written(&disk, &low);
    assert_eq!(low.state, ExchangeState::TimedOut);
    let why = "a newer command took its place after one try; the station may have carried it out";
    assert_eq!(low.why.as_deref(), Some(why));
}

/// Out of service and back in, while the station was away: both came to it, and not in that order.
#[tokio::test(start_paused = true)]
async fn of_two_changes_of_a_place_that_wait_only_the_newer_goes_out() {
    let disk = Arc::<Disk>::default();
    let engine = engine(&disk, Settings::default()).await;
    let place = |evse, is_operative| Command::Availability { evse, connector: None, is_operative };
    let out = order(&engine, place(None, false), 600).await;
    order(&engine, place(Some(1), false), 600).await;
    order(&engine, place(None, true), 600).await;
    assert_eq!(all_written(&disk, &out).why.as_deref(), Some("a newer command took its place"));
    let mut plug = connected(&engine);
    for expect in [place(Some(1), false), place(None, true)] {
        let (id, asked) = command(&mut plug).await;
        assert_eq!(asked, expect);
        plug.verdict(&id, Verdict::Scheduled);
    }
    assert!(is_silent(&mut plug, 1_000).await);
}

/// It answered twice, and the second one was taken for the next command's.
#[tokio::test(start_paused = true)]
async fn an_answer_that_comes_twice_is_one() {
    let disk = Arc::<Disk>::default();
    let engine = engine(&disk, Settings::default()).await;
    let mut plug = connected(&engine);
    order(&engine, heartbeat(), 600).await;
    let next = order(&engine, at_most(10), 600).await;
    let (id, _) = command(&mut plug).await;
    plug.verdict(&id, Verdict::Accepted);
    plug.verdict(&id, Verdict::Accepted);
    let (id, _) = command(&mut plug).await;
    assert_eq!(all_written(&disk, &next).state, ExchangeState::Sent);
    plug.verdict(&id, Verdict::Refused);
    assert_eq!(ends(&disk, ExchangeState::Answered).await.id, next.id);
}

/// Told to stop, it reports the end first and answers then.
#[tokio::test(start_paused = true)]
async fn a_stop_may_be_carried_out_before_it_is_answered() {
    let disk = Arc::<Disk>::default();
    let (_engine, mut plug, id) = limited(&disk).await;
    plug.event(end(began() + SignedDuration::from_hours(1)));
    plug.answer().await.expect("it has ended");
    plug.verdict(&id, Verdict::Accepted);
    assert!(is_silent(&mut plug, 1_000).await);
    assert_eq!(disk.sessions(|_| true)[0].state, SessionState::Ended);
    assert!(!written(&disk).is_open());
}

/// Its heartbeats come and its answers do not, until it is switched off and on: each command has its time, and no other's.
#[tokio::test(start_paused = true)]
async fn a_station_that_answers_nothing_keeps_no_command_waiting_for_another() {
    let disk = Arc::<Disk>::default();
    let engine = engine(&disk, Settings::default()).await;
    let mut plug = connected(&engine);
    let asked = [order(&engine, heartbeat(), 45).await, order(&engine, start(), 45).await];
    for _ in &asked {
        command(&mut plug).await;
    }
    sleep(Duration::from_secs(120)).await;
    for exchange in asked {
        let exchange = all_written(&disk, &exchange);
        assert_eq!(exchange.state, ExchangeState::TimedOut, "{:?}", exchange.why);
        assert!(exchange.why.expect("why").starts_with("nothing was answered after one try"));
    }
}

/// The old socket was half dead when the new one came: the command on it is asked again there, after the boot.
#[tokio::test(start_paused = true)]
async fn what_was_on_a_replaced_connection_is_asked_on_the_next_when_that_has_booted() {
    let disk = Arc::<Disk>::default();
    let engine = engine(&disk, Settings::default()).await;
    let mut old = connected(&engine);
    order(&engine, at_most(10), 600).await;
    let (first, _) = command(&mut old).await;
    let mut new = connected(&engine);
    assert!(is_silent(&mut new, 3).await);
    new.event(boot());
    new.answer().await.expect("it has booted");
    let (second, _) = command(&mut new).await;
    assert_ne!(first, second);
    new.verdict(&second, Verdict::Accepted);
    assert_eq!(ends(&disk, ExchangeState::Answered).await.tries, 2);
}

/// The disk was full when the answer came: what the station said is not turned into "it never answered".
#[tokio::test(start_paused = true)]
async fn an_answer_that_waits_for_the_disk_does_not_expire() {
    let disk = Arc::<Disk>::default();
    let engine = engine(&disk, Settings::default()).await;
    let mut plug = connected(&engine);
    order(&engine, heartbeat(), 30).await;
    let (id, _) = command(&mut plug).await;
    disk.fails.store(true, Ordering::Relaxed);
    plug.verdict(&id, Verdict::Accepted);
    sleep(Duration::from_secs(60)).await;
    disk.fails.store(false, Ordering::Relaxed);
    assert_eq!(ends(&disk, ExchangeState::Answered).await.tries, 1);
}
