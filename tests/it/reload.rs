//! Rules swap while stations charge, and each session keeps the rule with which it began.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use amprule_tests::station16::{Station16, meter_values};
use amprule_tests::{Management, Setup, TestServer, ago, folders, units, until, wait};
use serde_json::Value;

fn extension(api: &Management, id: &str) -> Option<Value> {
    let answer = api.get(&format!("/api/v1/extensions/{id}"));
    (answer.status == 200).then_some(answer.body)
}

fn hash(api: &Management, id: &str) -> Option<String> {
    extension(api, id)?["hash"].as_str().map(str::to_owned)
}

async fn until_active(api: &Management, id: &str) -> String {
    until(&format!("{id} becomes active"), || {
        extension(api, id).filter(|extension| extension["state"] == "active").and_then(|_| hash(api, id))
    })
    .await
}

async fn until_replaced(api: &Management, id: &str, old: &str) -> String {
    until(&format!("{id} is replaced"), || hash(api, id).filter(|hash| hash != old)).await
}

/// The total of a session of 10 kWh that has ended.
async fn total(server: &TestServer, station: &str, at: usize) -> Value {
    let api = server.api();
    let session = until("the session ends", || {
        api.sessions(station).into_iter().nth(at).filter(|session| session["state"] == "ended")
    })
    .await;
    assert_eq!(session["energyWh"], 10_000, "{session}");
    session["total"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_keeps_its_price_when_the_tariff_is_edited_and_the_next_one_has_the_new_price() {
    let server = Setup::default().tariff("0.40").start().await;
    let api = server.api();
    api.accept(&["CARD-1"]);
    let old = until_active(&api, "tariff").await;
    let mut station = Station16::boot(&server, "cs-1").await;
    let first = station.start(1, "CARD-1", 0, &ago(60)).await;
    station.meter(1, first, 5_000, &ago(50)).await;

    folders::save(&server.path("scripts/tariff/main.rhai"), units::tariff("0.60"));
    let new = until_replaced(&api, "tariff", &old).await;
    let second = station.start(2, "CARD-1", 0, &ago(40)).await;
    station.stop(first, 10_000, &ago(10)).await;
    station.stop(second, 10_000, &ago(0)).await;

    assert_eq!(total(&server, "cs-1", 0).await, "4.00");
    assert_eq!(total(&server, "cs-1", 1).await, "6.00");
    let sessions = api.sessions("cs-1");
    assert_eq!((&sessions[0]["pin"]["hash"], &sessions[1]["pin"]["hash"]), (&old.into(), &new.into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_syntax_error_changes_nothing_and_is_explained() {
    let server = Setup::default().tariff("0.40").start().await;
    let api = server.api();
    api.accept(&["CARD-1"]);
    let good = until_active(&api, "tariff").await;
    let broken = units::tariff("0.60").replace("\"kWh\", ", "\"kWh\" ");
    folders::save(&server.path("scripts/tariff/main.rhai"), broken);
    let error = until("the error is shown", || {
        extension(&api, "tariff").map(|extension| extension["lastError"].clone()).filter(|error| !error.is_null())
    })
    .await;
    let text = error["text"].as_str().expect("an error has a text");
    assert!(text.contains("main.rhai:3:") && text.contains('^'), "it says where, with a caret:\n{text}");
    let extension = extension(&api, "tariff").expect("the good version is still there");
    assert_eq!((&extension["state"], &extension["hash"]), (&"active".into(), &good.as_str().into()));

    let mut station = Station16::boot(&server, "cs-1").await;
    let transaction = station.start(1, "CARD-1", 0, &ago(60)).await;
    station.stop(transaction, 10_000, &ago(0)).await;
    assert_eq!(total(&server, "cs-1", 0).await, "4.00");

    folders::save(&server.path("scripts/tariff/main.rhai"), units::tariff("0.60"));
    until("the mended file becomes active and the error goes", || {
        self::extension(&api, "tariff")
            .filter(|extension| extension["lastError"].is_null() && extension["hash"] != good)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_tariff_still_prices_the_sessions_that_began_with_it_after_a_restart_too() {
    let mut server = Setup::default().tariff("0.40").start().await;
    server.api().accept(&["CARD-1"]);
    until_active(&server.api(), "tariff").await;
    let mut station = Station16::boot(&server, "cs-1").await;
    let transaction = station.start(1, "CARD-1", 0, &ago(60)).await;

    std::fs::remove_dir_all(server.path("scripts/tariff")).expect("delete the tariff");
    let api = server.api();
    until("the deleted tariff is no longer active", || {
        extension(&api, "tariff").is_none_or(|extension| extension["state"] != "active").then_some(())
    })
    .await;
    station.meter(1, transaction, 5_000, &ago(30)).await;
    server.kill();
    server.restart();

    let mut station = Station16::connect(&server, "cs-1").await;
    station.stop(transaction, 10_000, &ago(0)).await;
    assert_eq!(total(&server, "cs-1", 0).await, "4.00");
    let session = &server.api().sessions("cs-1")[0];
    assert_eq!(session["pricedBy"]["fallback"], false, "the archive prices, not a fallback: {session}");
}

#[tokio::test(flavor = "multi_thread")]
async fn parameters_are_edited_like_code() {
    let server = Setup::default()
        .product_plugin("blueprint")
        .file("plugins/blueprint/parameters.toml", "energy_price = \"0.40\"\n")
        .start()
        .await;
    let api = server.api();
    api.accept(&["CARD-1"]);
    let old = until_active(&api, "blueprint").await;
    let mut station = Station16::boot(&server, "cs-1").await;
    let first = station.start(1, "CARD-1", 0, &ago(60)).await;
    folders::save(&server.path("plugins/blueprint/parameters.toml"), "energy_price = \"0.60\"\n");
    until_replaced(&api, "blueprint", &old).await;
    let second = station.start(2, "CARD-1", 0, &ago(50)).await;
    station.stop(first, 10_000, &ago(1)).await;
    station.stop(second, 10_000, &ago(0)).await;
    assert_eq!(total(&server, "cs-1", 0).await, "4.00");
    assert_eq!(total(&server, "cs-1", 1).await, "6.00");
}

/// Stations that send without a pause, and what they noticed.
struct Crowd {
    stop: Arc<AtomicBool>,
    answered: Arc<AtomicU64>,
    tasks: Vec<tokio::task::JoinHandle<()>>,
}

impl Crowd {
    async fn start(server: &TestServer, size: usize) -> Self {
        let (stop, answered) = (Arc::<AtomicBool>::default(), Arc::<AtomicU64>::default());
        let mut tasks = Vec::new();
        for number in 0..size {
            let mut station = Station16::boot(server, &format!("crowd-{number}")).await;
            let transaction = station.start(1, "CARD-1", 0, &ago(30)).await;
            let (stop, answered) = (Arc::clone(&stop), Arc::clone(&answered));
            tasks.push(tokio::spawn(async move {
                let mut wh = 0;
                while !stop.load(Ordering::Relaxed) {
                    wh += 1;
                    station.wire.call("MeterValues", meter_values(1, transaction, wh, &ago(0))).await;
                    answered.fetch_add(1, Ordering::Relaxed);
                }
                station.stop(transaction, wh, &ago(0)).await;
            }));
        }
        Self { stop, answered, tasks }
    }

    async fn until_answered(&self, more: u64) {
        let wanted = self.answered.load(Ordering::Relaxed) + more;
        until("the crowd goes on", || (self.answered.load(Ordering::Relaxed) >= wanted).then_some(())).await;
    }

    /// Fails when any of them lost its connection or was refused.
    async fn end(self) {
        self.stop.store(true, Ordering::Relaxed);
        for task in self.tasks {
            wait::soon("a station's last answer", task).await.expect("no message fails and no connection drops");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_is_replaced_under_a_hundred_stations_and_none_of_them_notices() {
    let server = Setup::default().product_plugin("blueprint").alone().start().await;
    let api = server.api();
    api.accept(&["CARD-1"]);
    let mut active = until_active(&api, "blueprint").await;
    let crowd = Crowd::start(&server, 100).await;
    let path = server.path("plugins/blueprint/plugin.wasm");
    let component = std::fs::read(&path).expect("read the component");
    for build in 1..=3 {
        crowd.until_answered(500).await;
        folders::save(&path, units::rebuilt(&component, build));
        let replaced = || hash(&api, "blueprint").filter(|hash| *hash != active);
        active = until("the swap after the file's close", replaced).await;
    }
    crowd.until_answered(500).await;
    crowd.end().await;
    let sessions = api.all("/api/v1/sessions?state=ended");
    assert_eq!(sessions.len(), 100);
    for session in sessions {
        assert_eq!(session["pricedBy"]["fallback"], false, "{session}");
        assert_eq!(session["pricedBy"]["hash"], session["pin"]["hash"], "{session}");
    }
}
