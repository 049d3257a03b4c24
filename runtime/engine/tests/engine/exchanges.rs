//! Commands: each is answered, tried again or given up, whatever happens to station, connection and process.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use amprule_domain::command::{Command, Exchange, ExchangeState, Origin, Trigger, Verdict};
use amprule_domain::effect::Effect;
use amprule_domain::event::{ChargingEvent, Phase, ProvisioningEvent, StationEvent, TransactionEvent};
use amprule_domain::outbox::OutboxKind;
use amprule_domain::ports::Door;
use amprule_domain::refused::CommandRefused;
use amprule_domain::{Mark, Timestamp};
use amprule_engine::{Engine, Settings};
use jiff::SignedDuration;
use tokio::time::{Instant, sleep, timeout};

use crate::outside::{Disk, Plug, Seen, Willing, began, engine, engine_with, wire};
use crate::{start_at, station, ticket, update};

pub(crate) fn heartbeat() -> Command {
    Command::Trigger { message: Trigger::Heartbeat, evse: None, connector: None }
}

pub(crate) async fn order(engine: &Engine, command: Command, expires_s: i64) -> Exchange {
    let expires_at = began() + SignedDuration::from_secs(expires_s);
    engine.order(&station(), command, Origin::Operator, expires_at).await.expect("it is taken")
}

pub(crate) async fn command(plug: &mut Plug) -> (String, Command) {
    let seen = timeout(Duration::from_secs(100_000), plug.next()).await.expect("a command comes");
    match seen {
        Some(Seen::Command { id, command }) => (id, command),
        other => panic!("expected a command, saw {other:?}"),
    }
}

/// As it was written last.
pub(crate) fn written(disk: &Disk) -> Exchange {
    let effects = disk.effects.lock().expect("no panic under the lock");
    let latest = effects.iter().rev().find_map(|effect| match effect {
        Effect::Exchange(exchange) => Some((**exchange).clone()),
        _ => None,
    });
    latest.expect("an exchange")
}

pub(crate) async fn ends(disk: &Disk, state: ExchangeState) -> Exchange {
    let ended = async {
        while written(disk).state != state {
            sleep(Duration::from_secs(1)).await;
        }
        written(disk)
    };
    timeout(Duration::from_secs(100_000), ended).await.unwrap_or_else(|_| panic!("it is {:?}", written(disk)))
}

/// A session that has reached its limit in time, and the stop that goes out for it.
pub(crate) async fn limited(disk: &Arc<Disk>) -> (Arc<Engine>, Plug, String) {
    let engine =
        engine_with(disk, Willing { max_duration_s: Some(3_600), ..Willing::default() }, Settings::default()).await;
    let (mut plug, link) = wire();
    engine.attach(station(), link, ticket());
    plug.event(start_at(began()));
    plug.answer().await.expect("it is let in");
    let (id, stop) = command(&mut plug).await;
    assert!(matches!(stop, Command::Stop { .. }));
    (engine, plug, id)
}

pub(crate) fn end(at: Timestamp) -> StationEvent {
    let StationEvent::Charging(ChargingEvent::Transaction(update)) = update(at, 900) else { unreachable!("it is one") };
    StationEvent::Charging(ChargingEvent::Transaction(TransactionEvent { phase: Phase::Ended, ..update }))
}

#[tokio::test(start_paused = true)]
async fn a_stop_that_is_refused_is_asked_again_and_the_session_says_so() {
    let disk = Arc::<Disk>::default();
    let (_engine, mut plug, id) = limited(&disk).await;
    let asked = Instant::now();
    plug.verdict(&id, Verdict::Refused);
    let (id, _) = command(&mut plug).await;
    assert_eq!(asked.elapsed().as_secs().div_ceil(10) * 10, 300);
    assert!(disk.sessions(|_| true)[0].marks.has(&Mark::STOP_REFUSED));
    plug.verdict(&id, Verdict::Accepted);
    let asked = Instant::now();
    command(&mut plug).await;
    assert_eq!(asked.elapsed().as_secs().div_ceil(10) * 10, 300, "it said that it would stop, and goes on");
    assert!(!disk.sessions(|_| true)[0].marks.has(&Mark::STOP_REFUSED));
    plug.event(end(began() + SignedDuration::from_hours(2)));
    plug.answer().await.expect("it has ended");
    assert_eq!(ends(&disk, ExchangeState::Answered).await.tries, 3);
}

#[tokio::test(start_paused = true)]
async fn a_reset_is_asked_once() {
    let disk = Arc::<Disk>::default();
    let engine = engine(&disk, Settings::default()).await;
    let (mut plug, link) = wire();
    engine.attach(station(), link, ticket());
    order(&engine, Command::Reset { evse: None, is_immediate: true }, 600).await;
    command(&mut plug).await;
    // It starts anew at once.
    drop(plug);
    sleep(Duration::from_secs(1)).await;
    let (mut plug, link) = wire();
    engine.attach(station(), link, ticket());
    let exchange = ends(&disk, ExchangeState::TimedOut).await;
    assert_eq!(exchange.tries, 1);
    assert!(timeout(Duration::from_secs(1_000), plug.next()).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_stop_that_is_not_answered_is_sent_again_until_the_session_ends() {
    let disk = Arc::<Disk>::default();
    let (_engine, mut plug, _) = limited(&disk).await;
    for _ in 0..5 {
        command(&mut plug).await;
    }
    plug.event(end(began() + SignedDuration::from_hours(3)));
    plug.answer().await.expect("it has ended");
    let exchange = ends(&disk, ExchangeState::GivenUp).await;
    assert_eq!((exchange.tries, exchange.why.as_deref()), (6, Some("the session has ended")));
    assert!(timeout(Duration::from_secs(10_000), plug.next()).await.is_err(), "nothing more is asked");
}

#[tokio::test(start_paused = true)]
async fn a_stop_goes_out_again_on_the_next_connection_and_after_a_restart() {
    let disk = Arc::<Disk>::default();
    let (engine, plug, _) = limited(&disk).await;
    drop(plug);
    let (mut plug, link) = wire();
    engine.attach(station(), link, ticket());
    command(&mut plug).await;
    engine.shutdown().await;
    assert!(written(&disk).is_open());
    let engine = crate::outside::engine(&disk, Settings::default()).await;
    let (mut plug, link) = wire();
    engine.attach(station(), link, ticket());
    command(&mut plug).await;
}

#[tokio::test(start_paused = true)]
async fn a_command_waits_for_a_station_that_is_away_until_it_expires() {
    let disk = Arc::<Disk>::default();
    let engine = engine(&disk, Settings::default()).await;
    order(&engine, heartbeat(), 3_600).await;
    sleep(Duration::from_secs(1_000)).await;
    let (mut plug, link) = wire();
    engine.attach(station(), link, ticket());
    let (id, _) = command(&mut plug).await;
    plug.verdict(&id, Verdict::Accepted);
    ends(&disk, ExchangeState::Answered).await;
    drop(plug);
    sleep(Duration::from_secs(1)).await;
    order(&engine, heartbeat(), 7_200).await;
    let exchange = ends(&disk, ExchangeState::GivenUp).await;
    assert_eq!((exchange.tries, exchange.why.as_deref()), (0, Some("it could not be sent in time")));
    let told = disk.effects.lock().expect("no panic").iter().filter(|effect| is_told(effect)).count();
    assert_eq!(told, 2, "others hear of both ends");
}

fn is_told(effect: &Effect) -> bool {
    matches!(effect, Effect::Outbox(event) if event.kind == OutboxKind::CommandEnded)
}

#[tokio::test(start_paused = true)]
async fn a_command_that_is_never_answered_may_have_been_carried_out() {
    let disk = Arc::<Disk>::default();
    let engine = engine(&disk, Settings::default()).await;
    let (mut plug, link) = wire();
    engine.attach(station(), link, ticket());
    order(&engine, heartbeat(), 30).await;
    command(&mut plug).await;
    let exchange = ends(&disk, ExchangeState::TimedOut).await;
    assert_eq!(exchange.tries, 1);
    assert!(exchange.why.expect("why").contains("may have carried it out"));
}

#[tokio::test(start_paused = true)]
async fn an_answer_counts_though_it_comes_late() {
    let disk = Arc::<Disk>::default();
    let engine = engine(&disk, Settings::default()).await;
    let (mut plug, link) = wire();
    engine.attach(station(), link, ticket());
    order(&engine, heartbeat(), 600).await;
    let (id, _) = command(&mut plug).await;
    // After the call's time, before the next try.
    sleep(Duration::from_secs(33)).await;
    plug.verdict(&id, Verdict::Accepted);
    assert_eq!(ends(&disk, ExchangeState::Answered).await.tries, 1);
}

#[tokio::test(start_paused = true)]
async fn one_call_is_on_the_wire_at_a_time() {
    let disk = Arc::<Disk>::default();
    let engine = engine(&disk, Settings::default()).await;
    let (mut plug, link) = wire();
    engine.attach(station(), link, ticket());
    let raw = tokio::spawn({
        let engine = engine.clone();
        async move { engine.call(&station(), "Raw", "{}").await }
    });
    let Some(Seen::Call { id: first, .. }) = plug.next().await else { panic!("the raw call") };
    order(&engine, heartbeat(), 600).await;
    assert!(timeout(Duration::from_secs(5), plug.next()).await.is_err(), "the command waits for its turn");
    plug.result(&first, "{}");
    raw.await.expect("no panic").expect("it is answered");
    let (second, _) = command(&mut plug).await;
    plug.verdict(&second, Verdict::Scheduled);
    let exchange = ends(&disk, ExchangeState::Answered).await;
    assert_eq!(exchange.answer.expect("an answer").verdict, Verdict::Scheduled);
}

#[tokio::test(start_paused = true)]
async fn what_a_link_cannot_say_is_given_up_with_the_reason() {
    let disk = Arc::<Disk>::default();
    let engine = engine(&disk, Settings::default()).await;
    let (_plug, link) = wire();
    engine.attach(station(), link, ticket());
    order(&engine, Command::Report { number: 0 }, 600).await;
    let exchange = ends(&disk, ExchangeState::GivenUp).await;
    assert_eq!(exchange.why.as_deref(), Some("ocpp-test has no such command"));
}

#[tokio::test(start_paused = true)]
async fn commands_have_a_bound_and_those_that_wait_can_be_withdrawn() {
    let disk = Arc::<Disk>::default();
    let engine = engine(&disk, Settings::default()).await;
    let first = order(&engine, heartbeat(), 600).await;
    for _ in 1..Exchange::OPEN_MAX {
        order(&engine, heartbeat(), 600).await;
    }
    let refused =
        engine.order(&station(), heartbeat(), Origin::Operator, began() + SignedDuration::from_secs(600)).await;
    assert_eq!(refused, Err(CommandRefused::Busy(Exchange::OPEN_MAX)));
    let withdrawn = engine.withdraw(&station(), first.id).await.expect("it waits");
    assert_eq!(withdrawn.state, ExchangeState::GivenUp);
    assert_eq!(engine.withdraw(&station(), first.id).await, Err(CommandRefused::Over));
    order(&engine, heartbeat(), 600).await;
    let (mut plug, link) = wire();
    engine.attach(station(), link, ticket());
    command(&mut plug).await;
    let second = written(&disk);
    assert_eq!(engine.withdraw(&station(), second.id).await, Err(CommandRefused::Sent));
}

#[tokio::test(start_paused = true)]
async fn a_command_that_cannot_be_stored_is_not_sent_before_it_is() {
    let disk = Arc::<Disk>::default();
    let engine = engine(&disk, Settings::default()).await;
    let (mut plug, link) = wire();
    engine.attach(station(), link, ticket());
    plug.event(StationEvent::Provisioning(ProvisioningEvent::Heartbeat));
    plug.answer().await.expect("it is connected");
    disk.fails.store(true, Ordering::Relaxed);
    let expires_at = began() + SignedDuration::from_secs(600);
    let refused = engine.order(&station(), heartbeat(), Origin::Operator, expires_at).await;
    assert!(matches!(refused, Err(CommandRefused::NotStored(_))), "{refused:?}");
    disk.fails.store(false, Ordering::Relaxed);
    order(&engine, heartbeat(), 600).await;
    let (id, _) = command(&mut plug).await;
    disk.fails.store(true, Ordering::Relaxed);
    plug.verdict(&id, Verdict::Accepted);
    sleep(Duration::from_secs(20)).await;
    assert_eq!(written(&disk).state, ExchangeState::Sent);
    disk.fails.store(false, Ordering::Relaxed);
    assert_eq!(ends(&disk, ExchangeState::Answered).await.tries, 1, "its answer is stored when that is possible again");
}
