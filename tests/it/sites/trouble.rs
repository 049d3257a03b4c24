//! Stations that refuse, go and lie, and policies that fail.

use amprule_tests::{Setup, until};
use serde_json::{Value, json};

use super::player::Limits::{Accepts, RefusesAll, RefusesAmperes};
use super::{Player, circuit, evse, of, until_limit, until_site, write};

#[tokio::test(flavor = "multi_thread")]
async fn a_station_that_refuses_amperes_is_told_watts_and_one_that_is_gone_counts_with_what_it_comes_to() {
    let config = circuit(32) + &evse("watts", "phases = [1]\nalone_a = 0") + &evse("away", "alone_a = 16");
    let server = Setup::default().tariff("0.40").config(&config).start().await;
    let api = server.api();
    api.accept(&["CARD-1"]);
    let away = Player::old(&server, "away", Accepts).await;
    until_site(&api, "it has said yes", |site| of(site, "away/1")["standingA"] == "6").await;
    let watts = Player::old(&server, "watts", RefusesAmperes).await;
    let told = watts.until_told("TxDefaultProfile", 1_380.0).await;
    assert_eq!(told.unit, "W");
    away.goes();
    until_site(&api, "it is gone", |site| of(site, "away/1")["isConnected"] == false).await;
    watts.start("CARD-1").await;
    // 32 A less the 16 A that the other comes to without us.
    watts.until_told("TxProfile", 3_680.0).await;
    let now = until_limit(&api, "watts/1", "16").await;
    assert_eq!(
        (&of(&now, "away/1")["mostA"], &now["circuits"][0]["takenA"]),
        (&json!("16"), &json!(["32", "16", "16"]))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_takes_no_limit_counts_with_all_that_its_cable_bears() {
    let config = circuit(32) + &evse("deaf", "most_a = 20") + &evse("b", "");
    let server = Setup::default().tariff("0.40").config(&config).start().await;
    let api = server.api();
    api.accept(&["CARD-1"]);
    let (_deaf, b) = (Player::old(&server, "deaf", RefusesAll).await, Player::old(&server, "b", Accepts).await);
    b.until_told("TxDefaultProfile", 6.0).await;
    until_site(&api, "it has refused", |site| of(site, "deaf/1")["failures"] != 0).await;
    b.start("CARD-1").await;
    let now = until_limit(&api, "b/1", "12").await;
    assert_eq!((&of(&now, "deaf/1")["mostA"], &of(&now, "deaf/1")["standingA"]), (&json!("20"), &Value::Null));
}

/// Whatever it is asked, its answer cannot be used.
const BROKEN: &str =
    "fn share(site) { let shares = []; for evse in site.evses { shares.push(give(evse, -1)); } shares }";

#[tokio::test(flavor = "multi_thread")]
async fn where_the_policy_fails_each_session_has_what_is_safe_and_the_site_says_why() {
    let site = circuit(32).replace("\"depot\"\n", "\"depot\"\nunit = \"broken\"\n");
    let config = site + &evse("a", "safe_a = 8");
    let manifest = "id = \"broken\"\nversion = \"1.0.0\"\napi = 1\nhooks = [\"load\"]\n";
    let setup = Setup::default().tariff("0.40").config(&config).file("scripts/broken/plugin.toml", manifest);
    let server = setup.file("scripts/broken/main.rhai", BROKEN).start().await;
    let api = server.api();
    api.accept(&["CARD-1"]);
    let a = Player::old(&server, "a", Accepts).await;
    a.until_told("TxDefaultProfile", 8.0).await;
    a.start("CARD-1").await;
    let now = until_site(&api, "the site says why", |site| site["trouble"].is_string()).await;
    let why = now["trouble"].as_str().expect("a reason");
    assert!(why.contains("broken") && why.contains("a share is not negative"), "{why}");
    let limit = until_limit(&api, "a/1", "8").await;
    assert_eq!(limit["answeredAt"], Value::Null);
    let faults = || api.all("/api/v1/decisions").into_iter().filter(|one| one["hook"] == "load").collect::<Vec<_>>();
    let fault = until("the fault is on record", || faults().pop()).await;
    assert_eq!(fault["fault"]["class"], "invalid-output");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_that_cannot_be_is_refused_and_the_one_before_stays() {
    let config = circuit(32) + &evse("a", "");
    let server = Setup::default().tariff("0.40").config(&config).start().await;
    let api = server.api();
    until_site(&api, "the site is there", |site| site["seenAt"].is_string()).await;
    write(&server, &config.replace("most_a = 32", "most_a = 32\ninside = \"main\""));
    let health = || api.get("/api/v1/chains").ok().to_string();
    until("the file is refused", || health().contains("is inside itself").then_some(())).await;
    assert_eq!(api.get("/api/v1/sites/depot").ok()["circuits"][0]["mostA"], "32");
}
