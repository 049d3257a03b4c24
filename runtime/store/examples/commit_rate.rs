//! How much CPU a commit of the hot path costs: one message of one station moves its session on and adds a reading.
//!
//! `cargo run --release -p amprule-store --example commit_rate -- [stations] [seconds]`
#![expect(clippy::print_stdout, reason = "it is a measurement for people to read")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use amprule_domain::doors::Writer;
use amprule_domain::effect::{Effect, MessageKey, ReadingsRow};
use amprule_domain::event::ChargingState;
use amprule_domain::pricing::Pin;
use amprule_domain::reading::{Context, Reading};
use amprule_domain::session::{SeqRanges, Session, SessionLimits, SessionState};
use amprule_domain::timeline::{TariffClock, Timeline};
use amprule_domain::token::IdToken;
use amprule_domain::{Energy, Marks, SessionId, SessionNo, Timestamp, TransactionId};
use amprule_store::SqliteStore;

fn main() {
    let mut arguments = std::env::args().skip(1).map(|text| text.parse().expect("a number"));
    let stations: i64 = arguments.next().unwrap_or(200);
    let seconds: i64 = arguments.next().unwrap_or(5);
    let folder = tempfile::tempdir_in(".").expect("a folder for the database");
    let store = Arc::new(SqliteStore::open(folder.path()).expect("an open store"));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().expect("a runtime");
    runtime.block_on(run(&store, stations, Duration::from_secs(1)));
    let empty = runtime.block_on(async { without_a_store(stations, Duration::from_secs(1)).await });
    let (before, cpu, began) = (store.stats(), cpu(), Instant::now());
    runtime.block_on(run(&store, stations, Duration::from_secs(seconds.unsigned_abs())));
    let (after, cpu, wall) = (store.stats(), self::cpu() - cpu, began.elapsed());
    let (commits, transactions) = (after.commits - before.commits, after.transactions - before.transactions);
    println!("stations                 {stations}");
    println!("commits                  {commits} in {transactions} transactions");
    println!("commits per transaction  {:.1}", commits as f64 / transactions as f64);
    println!("commits per second       {:.0}", commits as f64 / wall.as_secs_f64());
    println!("rows per second          {:.0}", 2.0 * commits as f64 / wall.as_secs_f64());
    println!("CPU µs per commit        {:.2}", micros(cpu) / commits as f64);
    println!("of which its preparation {empty:.2}");
}

async fn run(store: &Arc<SqliteStore>, stations: i64, time: Duration) {
    let over = Arc::new(AtomicBool::new(false));
    let tasks: Vec<_> = (1..=stations)
        .map(|no| {
            let (store, over) = (Arc::clone(store), Arc::clone(&over));
            tokio::spawn(async move {
                let mut session = session(no);
                let mut second = 0;
                while !over.load(Ordering::Relaxed) {
                    second += 1;
                    store.commit(step(&mut session, second)).await.expect("a commit");
                }
            })
        })
        .collect();
    let stop = Arc::clone(&over);
    std::thread::spawn(move || {
        std::thread::sleep(time);
        stop.store(true, Ordering::Relaxed);
    });
    for task in tasks {
        task.await.expect("no panic");
    }
}

/// µs for each message that are this program's own.
async fn without_a_store(stations: i64, time: Duration) -> f64 {
    let mut sessions: Vec<_> = (1..=stations).map(session).collect();
    let (before, began, mut count) = (cpu(), Instant::now(), 0_u32);
    while began.elapsed() < time {
        for session in &mut sessions {
            count += 1;
            std::hint::black_box(step(session, i64::from(count)));
        }
    }
    micros(cpu() - before) / f64::from(count)
}

fn step(session: &mut Session, second: i64) -> Vec<Effect> {
    let at = time(second);
    let register = Energy::from_wh(second * 3);
    session.timeline.read(at, register, &TariffClock::new(jiff::tz::TimeZone::UTC, &[]));
    let reading = Reading {
        at: Some(at),
        context: Context::Periodic,
        register: Some(register),
        power_w: Some(11_000),
        ..Reading::default()
    };
    let message = MessageKey { id: second.to_string().into(), digest: second.unsigned_abs() };
    let row = ReadingsRow { session: session.no, received_at: at, message, readings: vec![reading] };
    vec![Effect::Session(Arc::new(session.clone())), Effect::Readings(row)]
}

fn session(no: i64) -> Session {
    Session {
        id: SessionId(format!("00000000-0000-7000-8000-{no:012x}").parse().expect("a UUID")),
        no: SessionNo(no),
        station: format!("station-{no}").as_str().into(),
        transaction: TransactionId::new(no.to_string()),
        evse: 1,
        connector: 1,
        token: Some(IdToken::new(format!("TAG{no}"), "ISO14443")),
        token_group: None,
        tariff: None,
        admitted: Arc::default(),
        second_token_at: None,
        state: SessionState::Active,
        started_at: time(0),
        started_as: None,
        told_until: None,
        parked_at: None,
        stop_awaited_since: None,
        signs: amprule_domain::session::Signs::default(),
        ended_at: None,
        stop_reason: None,
        remote_start: None,
        operation_mode: None,
        given_back: None,
        time_zone: "Europe/Berlin".to_owned(),
        location: None,
        site: None,
        timeline: Timeline::new(time(0), ChargingState::Charging),
        pin: Some(Arc::new(Pin {
            unit: "flat".to_owned(),
            version: "1.0.0".to_owned(),
            hash: "0".repeat(64),
            boundaries: Vec::new(),
            fixed: true,
            modifiers: Vec::new(),
        })),
        price: None,
        acts: Default::default(),
        station_money: Default::default(),
        bill: 0,
        limits: SessionLimits::default(),
        marks: Marks::default(),
        seen: SeqRanges::default(),
        parked: Vec::new(),
    }
}

fn time(second: i64) -> Timestamp {
    Timestamp::from_second(1_782_907_200 + second).expect("in range")
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// User and system time of this process so far.
fn cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux");
    let fields: Vec<i64> =
        stat.rsplit(')').next().unwrap_or("").split_whitespace().filter_map(|field| field.parse().ok()).collect();
    // The state, a letter, is left out: utime and stime are the 11th and 12th number after it (proc(5)); ticks of 10 ms.
    Duration::from_millis((fields[10] + fields[11]).unsigned_abs() * 10)
}
