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
    for (wrong, why, place) in [
        (config.replace("most_a = 32", "most_a = 32\ninside = \"main\""), "is inside itself", "amprule.toml:3:1"),
        (config.clone() + &evse("b", "most_a = 4"), "is more than its `most_a`", "amprule.toml:9:1"),
        (config.clone() + &evse("a", ""), "EVSE 1 of the station a is there twice", "amprule.toml:9:1"),
    ] {
        write(&server, &wrong);
        let said = || api.get("/api/v1/chains").ok()["file"]["lastError"]["text"].as_str().map(str::to_owned);
        let text = until("the file is refused", || said().filter(|text| text.contains(why))).await;
        assert!(text.contains(place), "{text}");
    }
    assert_eq!(api.get("/api/v1/sites/depot").ok()["circuits"][0]["mostA"], "32");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_site_names_and_is_not_there_is_told_when_the_site_is_taken() {
    let site = circuit(32).replace("\"depot\"\n", "\"depot\"\nunit = \"eqal-share\"\n");
    let setup = Setup::default().tariff("0.40").product_script("equal-share");
    let server = setup.config(&(site.clone() + &evse("a", ""))).start().await;
    let api = server.api();
    let strangers = |names: &str| server.log().contains(&format!("have never connected: {names};"));
    let now = until_site(&api, "the unit is missed", |site| site["trouble"].is_string()).await;
    let why = now["trouble"].as_str().expect("a reason");
    assert_eq!(why, "there is no active extension eqal-share; did you mean \"equal-share\"?");
    until("the station is missed", || strangers("a").then_some(())).await;
    let a = Player::old(&server, "a", Accepts).await;
    a.until_told("TxDefaultProfile", 6.0).await;

    // It has come, and is not told of again; what is new is.
    let site = site.replace("eqal-share", "tariff");
    write(&server, &(site.clone() + &evse("a", "") + &evse("b", "")));
    until("the other is missed", || strangers("b").then_some(())).await;
    assert!(server.log().contains("the configuration is taken: sites depot"), "{}", server.log());
    let told = "the site names EVSEs that their stations have not told of: a/2;";
    assert!(!server.log().contains("have not told of"), "{}", server.log());
    let status = json!({ "connectorId": 1, "status": "Available", "errorCode": "NoError" });
    a.say("StatusNotification", status).await;
    write(&server, &(site + &evse("a", "") + &evse("a", "evse = 2") + &evse("b", "")));
    until("its second EVSE is missed", || server.log().contains(told).then_some(())).await;
    let says_why =
        |site: &Value| site["trouble"].as_str().is_some_and(|why| why.contains("tariff shares no power out"));
    until_site(&api, "its hook is another", says_why).await;
}
