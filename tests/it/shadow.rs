//! A candidate beside the active tariff: asked what that was asked, compared to the cent, and heard by nobody.

use amprule_tests::station16::charge;
use amprule_tests::{Setup, TestServer, folders, units, until};
use serde_json::{Value, json};

/// A server with a tariff of 0.40 a kWh, and stations that may charge.
async fn server() -> TestServer {
    let server = Setup::default().tariff("0.40").start().await;
    server.api().accept(&["CARD-1"]);
    until("the tariff is active", || {
        (server.api().get("/api/v1/extensions/tariff").body["state"] == "active").then_some(())
    })
    .await;
    server
}

/// Puts a candidate of the tariff into its folder.
fn candidate(server: &TestServer, code: &str) {
    std::fs::create_dir_all(server.path("candidates/next")).expect("make the candidate's folder");
    folders::save(&server.path("candidates/next/plugin.toml"), units::manifest("tariff", "2.0.0", "pricing"));
    folders::save(&server.path("candidates/next/main.rhai"), code);
}

fn shadow(server: &TestServer) -> Option<Value> {
    let answer = server.api().get("/api/v1/extensions/tariff/shadow");
    (answer.status == 200).then_some(answer.body)
}

async fn until_beside(server: &TestServer) {
    until("the candidate stands beside the tariff", || shadow(server)).await;
}

async fn until_compared(server: &TestServer, outcome: &str, count: u64) -> Value {
    let compared = || shadow(server).filter(|shadow| shadow[outcome].as_u64().is_some_and(|found| found >= count));
    until(&format!("{count} are {outcome}"), compared).await
}

/// The bills that stations got.
fn totals(server: &TestServer) -> Vec<Value> {
    let sessions = ["cs-1", "cs-2"].iter().flat_map(|station| server.api().sessions(station));
    sessions.map(|session| session["total"].clone()).collect()
}

async fn until_billed(server: &TestServer, sessions: usize) -> Value {
    let bills = |shadow: &Value| shadow["largest"].as_array().is_some_and(|largest| largest.len() >= sessions);
    until("the bills are compared", || shadow(server).filter(bills)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_candidate_that_is_a_cent_dearer_is_told_to_the_cent_and_bills_nobody() {
    let server = server().await;
    let cent = units::tariff("0.40").replace("[line(", "[line(\"cent\", \"Cent\", 0.01), line(");
    candidate(&server, &cent);
    until_beside(&server).await;
    let first = tokio::join!(charge(&server, "cs-1", 1), charge(&server, "cs-2", 1));
    let ((), ()) = first;

    let found = until_billed(&server, 2).await;
    let money = json!({"EUR": {"before": "8.00", "after": "8.02", "difference": "0.02"}});
    assert_eq!((&found["money"], &found["failed"], &found["same"]), (&money, &json!(0), &json!(0)), "{found}");
    assert_eq!(found["of"]["version"], "1.0.0", "{found}");
    let largest = &found["largest"][0];
    assert_eq!((&largest["before"]["total"], &largest["after"]["total"]), (&json!("4.00"), &json!("4.01")), "{found}");
    assert_eq!(totals(&server), ["4.00", "4.00"], "stations got the bills of the active one");

    let (same, page) = server.operator(&["shadow", "tariff"]);
    assert!(!same && page.contains("+0.02") && page.contains("cent"), "{page}");
    assert!(server.operator(&["shadow", "tariff", "--allow-changes"]).0);
    let (_, listed) = server.operator(&["extensions", "tariff"]);
    assert!(listed.contains("shadow"), "{listed}");
    let metrics = server.api().get("/metrics").text;
    assert!(metrics.contains("amprule_shadow_answers_total{extension=\"tariff\",outcome=\"changed\"}"), "{metrics}");

    std::fs::remove_dir_all(server.path("candidates/next")).expect("delete the candidate");
    until("the candidate is gone", || shadow(&server).is_none().then_some(())).await;
    let answer = server.api().get("/api/v1/extensions/tariff/shadow");
    assert_eq!((answer.status, &answer.body["error"]["code"]), (404, &json!("no-shadow")));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_candidate_has_found_is_still_known_after_a_restart() {
    let mut server = server().await;
    candidate(&server, &units::tariff("0.41"));
    until_beside(&server).await;
    charge(&server, "cs-1", 1).await;
    let before = until_billed(&server, 1).await;
    server.stop();
    server.restart();
    until_beside(&server).await;
    assert_eq!(shadow(&server), Some(before), "nothing is forgotten, and nothing begins anew");
    charge(&server, "cs-2", 1).await;
    let found = until_billed(&server, 2).await;
    let money = json!({"EUR": {"before": "8.00", "after": "8.20", "difference": "0.20"}});
    assert_eq!(found["money"], money, "{found}");

    // Another candidate is another story.
    candidate(&server, &units::tariff("0.42"));
    until("the new one", || shadow(&server).filter(|shadow| shadow["compared"] == 0)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_candidate_that_cannot_answer_costs_nothing_and_is_counted() {
    let server = server().await;
    candidate(&server, "fn price(session) {\n    loop { }\n}\n");
    until_beside(&server).await;
    charge(&server, "cs-1", 2).await;

    let found = until_compared(&server, "failed", 2).await;
    assert_eq!((&found["changed"], &found["same"], &found["money"]), (&json!(0), &json!(0), &json!({})), "{found}");
    let reason = found["failures"][0]["reason"].as_str().unwrap_or_default();
    assert!(reason.contains("fuel") || reason.contains("wall"), "{found}");
    assert_eq!(totals(&server), ["4.00", "4.00"]);
    let active = server.api().get("/api/v1/extensions/tariff").body;
    assert_eq!((&active["version"], &active["calls"][0]["faults"]), (&json!("1.0.0"), &json!({})), "{active}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_candidate_is_explained_and_the_active_one_is_as_it_was() {
    let server = server().await;
    let before = server.api().get("/api/v1/extensions/tariff").body;
    candidate(&server, &units::tariff("0.40").replace("\"kWh\", ", "\"kWh\" "));
    let refused = || {
        let (good, said) = server.operator(&["shadow", "tariff"]);
        (!good && said.contains("main.rhai:3:")).then_some(said)
    };
    let said = until("the reason is told", refused).await;
    assert!(said.contains("the candidate of tariff was refused") && said.contains('^'), "{said}");
    let after = server.api().get("/api/v1/extensions/tariff").body;
    assert_eq!((&before["hash"], &after["lastError"]), (&after["hash"], &Value::Null), "{after}");

    candidate(&server, &units::tariff("0.40"));
    until_beside(&server).await;
    let (good, said) = server.operator(&["shadow", "tariff"]);
    assert!(
        !good && said.contains("no answer of the active version was compared yet"),
        "nothing shows nothing: {said}"
    );
    charge(&server, "cs-1", 1).await;
    let found = until_compared(&server, "same", 1).await;
    assert_eq!((&found["changed"], &found["failed"]), (&json!(0), &json!(0)), "{found}");
    assert!(server.operator(&["shadow", "tariff"]).0, "nothing differs");

    candidate(&server, "fn price(session) {");
    let refused = || {
        let (good, said) = server.operator(&["shadow", "tariff"]);
        (!good && said.contains("its files are other ones now, and are refused")).then_some(())
    };
    until("what is compared is not what lies there", refused).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_counted_beside_another_active_version_is_over_also_after_a_restart() {
    let mut server = server().await;
    candidate(&server, &units::tariff("0.41"));
    until_beside(&server).await;
    charge(&server, "cs-1", 1).await;
    until_compared(&server, "changed", 1).await;
    server.stop();
    std::fs::write(server.path("scripts/tariff/main.rhai"), units::tariff("0.39")).expect("another price");
    server.restart();
    until_beside(&server).await;
    let found = shadow(&server).expect("it is there");
    assert_eq!((&found["compared"], &found["of"]), (&json!(0), &Value::Null), "{found}");
}
