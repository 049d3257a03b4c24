//! The whole corpus of hostile units in one server, at work, while honest stations charge beside it.
//!
//! A policy of the test sends each hostile station to its own unit by the token that it shows. What each unit must
//! come to stands in tests/guests/corpus; which class a fault has is proven there, since under load the clock may
//! strike first.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use amprule_corpus::{Expect, Unit, corpus};
use amprule_tests::lateness::Lateness;
use amprule_tests::station16::{self, Station16};
use amprule_tests::wait::within;
use amprule_tests::{Setup, TestServer, ago, process, units};
use serde_json::Value;
use tokio::task::JoinSet;

const STATIONS: usize = 200;
/// What a station says of its meter, and how often: 200 messages a second from all of them.
const EVERY: Duration = Duration::from_secs(1);
const QUIET: Duration = Duration::from_secs(4);
/// Answers to honest stations while the hostile units are at work.
const ENOUGH: u64 = 2 * STATIONS as u64;
/// The wall limit of a hook, and what a debug build on a busy machine adds to it.
const BUDGET: Duration = Duration::from_millis(50);
const SLOW_BUILD: u32 = if cfg!(debug_assertions) { 20 } else { 1 };
const LOADED: Duration = Duration::from_secs(180);

const CONFIG: &str = "[extensions]\npricing = \"tariff\"\nauthorization = [\"sorter\"]\n\
                      [extensions.static_tariff]\ncurrency = \"EUR\"\nper_kwh = \"0.30\"\n";

/// `EVIL:<unit>` is priced by that unit.
const SORTER: &str = r#"fn authorize(request) {
    let answer = accept();
    if request.token.id.starts_with("EVIL:") {
        answer.tariff = request.station.id;
    }
    answer
}
"#;

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_corpus_misbehaves_and_no_honest_message_is_late() {
    let corpus: Vec<Unit> = corpus().into_iter().filter(|unit| !matches!(unit.expect, Expect::Elsewhere(_))).collect();
    let mut server = serve(&corpus).await;
    judged(&server, &corpus).await;
    let resident_before = process::resident_kib(server.pid());

    let lateness = Arc::new(Lateness::default());
    let enough = Arc::new(AtomicBool::new(false));
    let mut honest = JoinSet::new();
    for at in 0..STATIONS {
        let mut station = Station16::boot(&server, &format!("honest-{at}")).await;
        let transaction = station.start(1, "CARD", 0, &ago(60)).await;
        let (lateness, enough) = (Arc::clone(&lateness), Arc::clone(&enough));
        honest.spawn(async move { charge(&mut station, transaction, at, &lateness, &enough).await });
    }
    lateness.take();
    tokio::time::sleep(QUIET).await;
    let (usual, answers) = lateness.take();
    assert!(answers >= ENOUGH, "only {answers} answers in {QUIET:?}");

    let hostile: Vec<&Unit> = corpus.iter().filter(|unit| is_asked(unit)).collect();
    misbehave(&server, &hostile, &lateness).await;
    let (worst, answers) = lateness.take();
    enough.store(true, Relaxed);
    while let Some(ended) = honest.join_next().await {
        ended.expect("an honest station charges to its end");
    }

    assert!(answers >= ENOUGH, "only {answers} answers beside the corpus");
    let late = worst.saturating_sub(usual);
    assert!(late < BUDGET * SLOW_BUILD, "an answer took {worst:?}; without hostile units the worst was {usual:?}");
    assert!(server.is_running());
    hostile.iter().for_each(|unit| ended_as_declared(&server, unit));
    let api = server.api();
    for at in [0, STATIONS / 2, STATIONS - 1] {
        let session = &api.sessions(&format!("honest-{at}"))[0];
        assert_eq!(session["marks"], Value::Array(vec![]), "{session}");
        assert_eq!(session["total"], "4.00", "{session}");
    }
    let resident = process::resident_kib(server.pid());
    assert!(resident < resident_before + 256 * 1024, "{resident_before} KiB became {resident} KiB");
}

async fn serve(corpus: &[Unit]) -> TestServer {
    let setup = Setup::default()
        .alone()
        .tariff("0.40")
        .file("scripts/sorter/plugin.toml", units::manifest("sorter", "1.0.0", "authorization"))
        .file("scripts/sorter/main.rhai", SORTER)
        .config(CONFIG);
    for unit in corpus {
        let kind = if unit.is_script { "scripts" } else { "plugins" };
        unit.write(&setup.folder().join(kind).join(&unit.name));
    }
    let server = setup.start().await;
    server.api().accept(&["CARD"]);
    server
}

/// Waits until each unit is ready or rejected, as its table says.
async fn judged(server: &TestServer, corpus: &[Unit]) {
    let api = server.api();
    for unit in corpus {
        let wanted: &[&str] =
            if matches!(unit.expect, Expect::Refused(_)) { &["rejected"] } else { &["active", "standby"] };
        let path = format!("/api/v1/extensions/{}", unit.name);
        within(LOADED, &format!("{} is {wanted:?}", unit.name), || {
            wanted.iter().any(|state| api.get(&path).body["state"] == *state).then_some(())
        })
        .await;
    }
}

/// The units that can be called for a price.
fn is_asked(unit: &Unit) -> bool {
    unit.prices() && !matches!(unit.expect, Expect::Refused(_))
}

async fn charge(station: &mut Station16, transaction: i64, at: usize, lateness: &Lateness, enough: &AtomicBool) {
    let share = u32::try_from(at).expect("a few stations") * EVERY / u32::try_from(STATIONS).expect("a few stations");
    tokio::time::sleep(share).await;
    let mut turn = tokio::time::interval(EVERY);
    while !enough.load(Relaxed) {
        turn.tick().await;
        lateness.of(station.meter(1, transaction, 5_000, &ago(30))).await;
    }
    station.stop(transaction, 10_000, &ago(0)).await;
}

/// Every hostile unit is asked at the same time, again and again, until the honest stations have had their say.
async fn misbehave(server: &TestServer, hostile: &[&Unit], honest: &Arc<Lateness>) {
    let mut stations = JoinSet::new();
    for unit in hostile {
        let mut wire = server.station(&unit.name, "ocpp1.6").await;
        let honest = Arc::clone(honest);
        stations.spawn(async move {
            wire.call("BootNotification", station16::boot()).await;
            let mut station = Station16 { wire };
            let transaction = station.start(1, "EVIL:1", 0, &ago(60)).await;
            let mut step = 0;
            while step < 8 || honest.answers() < ENOUGH {
                step += 1;
                let told = step.min(8);
                station.meter(1, transaction, told * 1_000, &ago(50 - 5 * told)).await;
            }
            station.stop(transaction, 10_000, &ago(0)).await;
        });
    }
    while let Some(ended) = stations.join_next().await {
        ended.expect("a station with a hostile tariff is served like any other");
    }
}

/// The session has a price, by what stood in for the unit, and says so. One that is harmless may be too slow for a
/// loaded machine now and then, so of it only the price counts.
fn ended_as_declared(server: &TestServer, unit: &Unit) {
    let session = &server.api().sessions(&unit.name)[0];
    assert_eq!(session["state"], "ended", "{}: {session}", unit.name);
    assert!(session["total"].is_string(), "{}: {session}", unit.name);
    if !matches!(unit.expect, Expect::Faults(_)) {
        return;
    }
    let needs_review = session["marks"].as_array().is_some_and(|marks| marks.contains(&"needs-review".into()));
    assert!(needs_review, "{}: {session}", unit.name);
    assert_eq!(session["pricedBy"]["fallback"], true, "{}: {session}", unit.name);
    assert_eq!(session["total"], "3.00", "{}: {session}", unit.name);
}
