//! Versions in production: holding, going back, and asking a candidate about the past before it goes live.

use std::path::Path;

use amprule_tests::command::amprule;
use amprule_tests::station16::{Station16, charge};
use amprule_tests::{Setup, TestServer, folders, units, until};
use serde_json::Value;
use tokio::task::JoinSet;

fn active(server: &TestServer) -> Value {
    server.api().get("/api/v1/extensions/tariff").body
}

async fn until_loaded(server: &TestServer) {
    until("the tariff is active", || (active(server)["state"] == "active").then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_goes_back_to_the_version_before_and_lets_the_files_count_again() {
    let server = Setup::default().tariff("0.40").start().await;
    until_loaded(&server).await;
    let first = active(&server)["hash"].clone();
    assert_eq!(active(&server)["versions"][0]["stage"], "probation");
    assert!(!server.operator(&["rollback", "tariff"]).0, "there is nothing to go back to");
    folders::save(&server.path("scripts/tariff/main.rhai"), units::tariff("0.60"));
    until("the new version", || (active(&server)["hash"] != first).then_some(())).await;

    let (good, said) = server.operator(&["rollback", "tariff"]);
    assert!(good, "{said}");
    assert_eq!(active(&server)["hash"], first, "{said}");
    assert!(said.contains("back from 1.0.0") && said.contains("amprule activate tariff "), "{said}");
    let (_, listed) = server.operator(&["extensions", "tariff"]);
    assert!(listed.contains("draining"), "the newer one is in memory still:\n{listed}");
    let (good, said) = server.operator(&["unpin", "tariff"]);
    assert!(good, "{said}");
    until("the files count again", || (active(&server)["hash"] != first).then_some(())).await;
    let (good, said) = server.operator(&["pin", "nobody"]);
    assert!(!good && said.contains("there is no extension nobody"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unit_whose_files_are_gone_is_let_go_and_the_order_says_so() {
    let mut server = Setup::default().tariff("0.40").start().await;
    until_loaded(&server).await;
    assert!(server.operator(&["pin", "tariff"]).0);
    std::fs::remove_dir_all(server.path("scripts/tariff")).expect("it is there");
    server.stop();
    server.restart();
    until_loaded(&server).await;
    let (good, said) = server.operator(&["unpin", "tariff"]);
    assert!(good, "{said}");
    until("it is gone", || (server.api().get("/api/v1/extensions/tariff").status == 404).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upgrade_that_asks_for_more_waits_until_an_operator_approves_it() {
    let server = Setup::default().tariff("0.40").start().await;
    until_loaded(&server).await;
    let first = active(&server)["hash"].clone();
    let wishes = "[capabilities]\nlog = \"tells of odd sessions\"\n";
    let manifest = format!("{}{wishes}", units::manifest("tariff", "2.0.0", "pricing"));
    folders::save(&server.path("scripts/tariff/plugin.toml"), manifest);
    let waiting = || {
        let (_, listed) = server.operator(&["extensions", "tariff"]);
        listed.contains("  waiting").then_some(listed)
    };
    let listed = until("it waits", waiting).await;
    assert!(listed.contains("the capability \"log\" (tells of odd sessions)"), "{listed}");
    assert_eq!(active(&server)["hash"], first, "what was active stays");

    let (good, said) = server.operator(&["approve", "tariff"]);
    assert!(!good && said.contains("the capability \"log\""), "it shows what waits, and lets nothing in: {said}");
    let (good, refused) = server.operator(&["approve", "tariff", &"0".repeat(64)]);
    assert!(!good && refused.contains("look at them again"), "not what was looked at: {refused}");
    let hash = said.split_whitespace().find(|word| word.len() == 64).expect("the hash of what waits");
    let (good, said) = server.operator(&["approve", "tariff", hash]);
    assert!(good && !said.contains("asks for more"), "it says what came of it: {said}");
    until("it is let in", || (active(&server)["version"] == "2.0.0").then_some(())).await;
    assert!(!server.operator(&["approve", "tariff", hash]).0, "nothing waits any more");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_finds_the_one_bill_that_a_candidate_changes_by_a_cent() {
    let server = Setup::default().tariff("0.40").start().await;
    server.api().accept(&["CARD-1"]);
    until_loaded(&server).await;
    charge(&server, "cs-1", 3).await;
    charge(&server, "cs-2", 1).await;
    let (unit, candidate) = (server.path("scripts/tariff"), server.path("candidate"));
    let replay = |unit: &Path, more: &[&str]| {
        let (unit, data) = (unit.to_str().expect("UTF-8"), server.path("data"));
        let data = data.to_str().expect("UTF-8").to_owned();
        amprule(Path::new("."), &[&["replay", "--unit", unit, "--since", "1d", "--data", &data], more].concat())
    };
    let same = replay(&unit, &[]);
    assert!(same.good, "{}", same.text);
    let report: Value = serde_json::from_str(&replay(&unit, &["--json"]).output).expect("a report");
    assert_eq!((&report["same"], &report["changed"], &report["failed"]), (&4.into(), &0.into(), &0.into()), "{report}");
    assert_eq!(replay(&unit, &["--json"]).output, replay(&unit, &["--json"]).output, "to the last byte");

    folders::copy(&unit, &candidate);
    a_cent_more_at(&candidate, "cs-2");
    let report: Value = serde_json::from_str(&replay(&candidate, &["--json"]).output).expect("a report");
    assert_eq!(report["failed"], 0, "{report}");
    let largest = &report["largest"][0];
    assert_eq!((&largest["station"], &largest["after"]["total"]), (&"cs-2".into(), &"4.01".into()), "{report}");
    assert_eq!(report["money"]["EUR"]["after"], "16.01", "{report}");
    let page = replay(&candidate, &[]);
    assert!(!page.good && page.text.contains("+0.01"), "{}", page.text);
}

/// Stations of the long run, and sessions of each: 9,999 and one.
const STATIONS: usize = 101;
const SESSIONS: usize = 99;

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_finds_one_cent_in_one_session_of_ten_thousand() {
    if !amprule_tests::is_slow_run() {
        return;
    }
    let server = Setup::default().tariff("0.40").start().await;
    let api = server.api();
    api.accept(&["CARD-1"]);
    until_loaded(&server).await;
    let mut charging = JoinSet::new();
    for station in 0..STATIONS {
        let mut station = Station16::boot(&server, &format!("many-{station}")).await;
        charging.spawn(async move { station.charge(SESSIONS).await });
    }
    charging.join_all().await;
    Station16::boot(&server, "the-one").await.charge(1).await;

    let candidate = server.path("candidate");
    folders::copy(&server.path("scripts/tariff"), &candidate);
    a_cent_more_at(&candidate, "the-one");
    let (unit, data) = (candidate.display().to_string(), server.path("data").display().to_string());
    let replayed = amprule(Path::new("."), &["replay", "--unit", &unit, "--since", "7d", "--data", &data, "--json"]);
    let report: Value = serde_json::from_str(&replayed.output).expect("a report");
    let counted = [&report["same"], &report["changed"], &report["failed"]];
    assert_eq!(counted, [&(STATIONS * SESSIONS).into(), &Value::from(1), &Value::from(0)], "{report}");
    assert_eq!(report["largest"][0]["station"], "the-one", "{report}");
    assert_eq!(report["largest"][0]["after"]["total"], "4.01", "{report}");
    assert!(!replayed.good, "a changed bill is a failure for whoever asked");
}

/// The tariff in that folder is a cent dearer for one station.
fn a_cent_more_at(folder: &Path, station: &str) {
    units::edit(&folder.join("main.rhai"), |text| {
        let cent = r#"lines.push(line("cent", "Cent", 0.01));"#;
        text.replace("    bill(", &format!("    if session.station.id == \"{station}\" {{ {cent} }}\n    bill("))
    });
}
