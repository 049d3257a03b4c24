//! How power is shared out where everything goes well.

use amprule_tests::station201::Event;
use amprule_tests::{Setup, ago, until};
use serde_json::{Value, json};

use super::player::Limits::{Accepts, Keeps};
use super::{Player, circuit, evse, of, until_limit, until_site, write};

#[tokio::test(flavor = "multi_thread")]
async fn two_stations_of_two_versions_share_a_circuit_and_the_one_that_leaves_makes_room() {
    let site = circuit(32).replace("\"depot\"\n", "\"depot\"\nunit = \"equal-share\"\n");
    let config = site + &evse("old", "") + &evse("new", "");
    let server = Setup::default().tariff("0.40").product_script("equal-share").config(&config).start().await;
    let api = server.api();
    api.accept(&["CARD-1", "CARD-2"]);
    let (old, new) = (Player::old(&server, "old", Accepts).await, Player::new(&server, "new", Accepts).await);
    old.until_told("TxDefaultProfile", 6.0).await;
    new.until_told("TxDefaultProfile", 6.0).await;

    let transaction = old.start("CARD-1").await;
    // The other may have had 6 A at any moment: it gives them up first.
    let alone = old.until_told("TxProfile", 32.0).await;
    assert_eq!((&alone.payload["connectorId"], alone.unit.as_str()), (&json!(1), "A"));
    assert_eq!(alone.payload["csChargingProfiles"]["transactionId"], json!(transaction));
    assert_eq!(new.told().last().map(|told| told.limit), Some(0.0));

    new.send(&Event::started("t-1", "CARD-2", 0, &ago(1)).charging("SuspendedEVSE")).await;
    until_limit(&api, "old/1", "16").await;
    let shared = until_limit(&api, "new/1", "16").await;
    assert_eq!((&shared["circuits"][0]["takenA"], &shared["trouble"]), (&json!(["32", "32", "32"]), &Value::Null));
    assert_eq!(
        new.told().last().map(|told| told.payload["chargingProfile"]["transactionId"].clone()),
        Some(json!("t-1"))
    );

    new.send(&Event::ended("t-1", 1, 5_000, &ago(0))).await;
    until_limit(&api, "old/1", "32").await;
    let decided = api.all("/api/v1/decisions").into_iter().find(|decision| decision["hook"] == "load");
    let decided = decided.expect("what the policy answered is on record");
    assert_eq!((&decided["unit"], &decided["site"]), (&json!("equal-share"), &json!("depot")));
    let commands = api.all("/api/v1/commands?station=old");
    assert!(commands.iter().all(|command| command["origin"] == "site"), "{commands:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_given_more_before_somebody_has_given_it_up() {
    let config = circuit(20) + &evse("a", "") + &evse("b", "");
    let server = Setup::default().tariff("0.40").config(&config).start().await;
    let api = server.api();
    api.accept(&["CARD-1", "CARD-2"]);
    let (a, b) = (Player::old(&server, "a", Accepts).await, Player::old(&server, "b", Accepts).await);
    a.until_told("TxDefaultProfile", 6.0).await;
    b.until_told("TxDefaultProfile", 6.0).await;
    a.start("CARD-1").await;
    until_limit(&api, "a/1", "20").await;
    // It is told to go down, and does not say that it has.
    a.does(Keeps);
    b.start("CARD-2").await;
    a.until_told("TxProfile", 10.0).await;
    let waiting = until_site(&api, "the other waits", |site| of(site, "b/1")["session"].is_string()).await;
    assert_eq!(
        (&of(&waiting, "a/1")["mostA"], &of(&waiting, "b/1")["mostA"]),
        (&json!("20"), &json!("0")),
        "{waiting}"
    );
    assert!(b.told().iter().all(|told| told.limit <= 6.0), "{:?}", b.told());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_station_read_long_ago_is_not_what_flows_now() {
    let config = circuit(64) + &evse("a", "") + &evse("b", "");
    let server = Setup::default().tariff("0.40").config(&config).start().await;
    let api = server.api();
    api.accept(&["CARD-1", "CARD-2"]);
    let (a, b) = (Player::old(&server, "a", Accepts).await, Player::old(&server, "b", Accepts).await);
    let transaction = a.start("CARD-1").await;
    let power = |watts: &str, at: &str| {
        let sampled = json!([{"value": watts, "measurand": "Power.Active.Import", "unit": "W"}]);
        json!({"connectorId": 1, "transactionId": transaction, "meterValue": [{"timestamp": at, "sampledValue": sampled}]})
    };
    a.say("MeterValues", power("7000", &ago(30))).await;
    a.say("MeterValues", power("6900", &ago(29))).await;
    // Whoever has heard of this has heard of that.
    b.start("CARD-2").await;
    let heard = until_limit(&api, "b/1", "32").await;
    assert_eq!(of(&heard, "a/1")["powerW"], Value::Null, "{heard}");
    a.say("MeterValues", power("3000", &ago(0))).await;
    until_site(&api, "what flows now is shown", |site| of(site, "a/1")["powerW"] == 3_000).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_is_described_otherwise_while_cars_charge() {
    let config = circuit(32) + &evse("a", "");
    let server = Setup::default().tariff("0.40").config(&config).start().await;
    let api = server.api();
    api.accept(&["CARD-1"]);
    let a = Player::old(&server, "a", Accepts).await;
    a.until_told("TxDefaultProfile", 6.0).await;
    a.start("CARD-1").await;
    a.until_told("TxProfile", 32.0).await;
    write(&server, &config.replace("most_a = 32", "most_a = 10"));
    a.until_told("TxProfile", 10.0).await;
    write(&server, "");
    // Nobody shares it out any more: it has all that its cable bears.
    a.until_told("TxProfile", 32.0).await;
    a.until_told("TxDefaultProfile", 32.0).await;
    until("the site is gone", || (api.get("/api/v1/sites/depot").status == 404).then_some(())).await;
}
