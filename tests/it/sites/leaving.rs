//! Stations that are away while their site goes: what it has told them is given back when they come.

use amprule_tests::station201::Event;
use amprule_tests::{Setup, TestServer, ago, until};
use serde_json::{Value, json};

use super::player::Limits::{Accepts, Keeps, KeepsStanding, RefusesAmperes, RefusesSessions};
use super::{Player, circuit, evse, until_site, write};
use crate::devices::hardware::device;
use crate::devices::keba::{start, until_session, until_status, wire, with_driver};

async fn until_gone(server: &TestServer) {
    let api = server.api();
    until("the site is gone", || (api.get("/api/v1/sites/depot").status == 404).then_some(())).await;
}

/// So many have all back.
async fn until_free(server: &TestServer, count: usize) {
    let times = || server.log().matches("it may draw what it can again").count();
    until("they have it", || (times() == count).then_some(())).await;
}

fn limits(player: &Player) -> Vec<f64> {
    player.told().iter().map(|told| told.limit).collect()
}

/// Of this purpose.
fn of(player: &Player, purpose: &str) -> Vec<f64> {
    player.told().iter().filter(|told| told.purpose == purpose).map(|told| told.limit).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_station_that_was_away_when_its_site_went_has_all_back_once_when_it_comes() {
    let config = circuit(32) + &evse("old", "") + &evse("new", "most_a = 20");
    let server = Setup::default().tariff("0.40").config(&config).start().await;
    let api = server.api();
    api.accept(&["CARD-1"]);
    let (old, new) = (Player::old(&server, "old", Accepts).await, Player::new(&server, "new", Accepts).await);
    old.until_told("TxDefaultProfile", 6.0).await;
    new.until_told("TxDefaultProfile", 6.0).await;
    old.start("CARD-1").await;
    old.until_told("TxProfile", 32.0).await;
    old.goes();
    new.goes();
    let is_away = |site: &Value| ["old/1", "new/1"].map(|id| super::of(site, id)["isConnected"] == false);
    until_site(&api, "both are away", |site| is_away(site) == [true; 2]).await;
    write(&server, "");
    until_gone(&server).await;

    let (old, new) = (Player::old(&server, "old", Accepts).await, Player::new(&server, "new", Accepts).await);
    old.until_told("TxProfile", 32.0).await;
    old.until_told("TxDefaultProfile", 32.0).await;
    new.until_told("TxDefaultProfile", 20.0).await;
    until_free(&server, 2).await;

    // It comes again, and nothing is said to it before it is in a site again.
    new.goes();
    let new = Player::new(&server, "new", Accepts).await;
    write(&server, &config);
    until("it is told something", || (!new.told().is_empty()).then_some(())).await;
    assert!(limits(&new)[0] <= 6.0, "{:?}", new.told());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_that_goes_while_the_server_is_down_is_not_forgotten() {
    let config = circuit(32) + &evse("watts", "") + &evse("stays", "");
    let mut server = Setup::default().config(&config).start().await;
    let watts = Player::old(&server, "watts", RefusesAmperes).await;
    let stays = Player::old(&server, "stays", Accepts).await;
    watts.until_told("TxDefaultProfile", 4_140.0).await;
    stays.until_told("TxDefaultProfile", 6.0).await;
    // Whatever it had to say when it went is not said.
    server.kill();
    write(&server, &(circuit(32) + &evse("stays", "")));
    server.restart();
    let stranger = Player::old(&server, "stranger", Accepts).await;
    let watts = Player::old(&server, "watts", RefusesAmperes).await;
    let stays = Player::old(&server, "stays", Accepts).await;
    let told = watts.until_told("TxDefaultProfile", 22_080.0).await;
    assert_eq!(told.unit, "W");
    stays.until_told("TxDefaultProfile", 6.0).await;
    // What was on its way at the crash may be said once more.
    assert!(limits(&stays).iter().all(|limit| *limit == 6.0) && stranger.told().is_empty(), "{:?}", limits(&stays));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_in_a_site_again_when_it_comes_is_not_given_back() {
    let config = circuit(32) + &evse("a", "") + &evse("b", "");
    let mut server = Setup::default().config(&config).start().await;
    let (a, b) = (Player::old(&server, "a", Accepts).await, Player::old(&server, "b", Accepts).await);
    a.until_told("TxDefaultProfile", 6.0).await;
    b.until_told("TxDefaultProfile", 6.0).await;
    server.kill();
    write(&server, "");
    server.restart();
    until_gone(&server).await;
    // One in the same site, the other in another one.
    let other = circuit(10).replace("depot", "yard") + &evse("b", "safe_a = 7");
    write(&server, &(circuit(32) + &evse("a", "") + &other));
    let api = server.api();
    let is_back = |id: &str| api.get(&format!("/api/v1/sites/{id}")).body["seenAt"].is_string();
    until("both sites are there", || (is_back("depot") && is_back("yard")).then_some(())).await;
    let (a, b) = (Player::old(&server, "a", Accepts).await, Player::old(&server, "b", Accepts).await);
    a.until_told("TxDefaultProfile", 6.0).await;
    b.until_told("TxDefaultProfile", 7.0).await;
    // What was on its way at the crash may be said once more.
    let told = [limits(&a), limits(&b)].concat();
    assert!(told.iter().all(|limit| [6.0, 7.0].contains(limit)), "{told:?}");
}

/// Two stations go with a session that has 10 A, and their site goes; each then has a limit of an operator's that waits for it.
#[tokio::test(flavor = "multi_thread")]
async fn what_an_operator_wants_of_it_meanwhile_stands() {
    let config = circuit(20) + &evse("all", "") + &evse("one", "");
    let server = Setup::default().tariff("0.40").config(&config).start().await;
    let api = server.api();
    api.accept(&["CARD-1", "CARD-2"]);
    let (all, one) = (Player::old(&server, "all", Accepts).await, Player::old(&server, "one", Accepts).await);
    all.until_told("TxDefaultProfile", 6.0).await;
    one.until_told("TxDefaultProfile", 6.0).await;
    all.start("CARD-1").await;
    let transaction = one.start("CARD-2").await.to_string();
    all.until_told("TxProfile", 10.0).await;
    one.until_told("TxProfile", 10.0).await;
    all.goes();
    one.goes();
    let is_away = |site: &Value| ["all/1", "one/1"].iter().all(|id| super::of(site, id)["isConnected"] == false);
    until_site(&api, "both are away", is_away).await;
    write(&server, "");
    until_gone(&server).await;
    let limit = json!({"command": "limit", "evse": 1, "maxCurrentA": 20, "expiresInS": 600});
    api.post("/api/v1/stations/all/commands", &limit).ok();
    let limit = json!({"command": "limit", "evse": 1, "transaction": transaction, "maxCurrentA": 7, "expiresInS": 600});
    api.post("/api/v1/stations/one/commands", &limit).ok();

    let (all, one) = (Player::old(&server, "all", Accepts).await, Player::old(&server, "one", Accepts).await);
    // What begins has what the operator wants, and the session that runs is not left with what the site told it.
    until_free(&server, 2).await;
    assert_eq!((of(&all, "TxDefaultProfile"), of(&all, "TxProfile")), (vec![20.0], vec![20.0]));
    assert_eq!((of(&one, "TxDefaultProfile"), of(&one, "TxProfile")), (vec![32.0], vec![7.0]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_operator_wants_while_it_has_something_back_stands() {
    let config = circuit(10) + &evse("a", "");
    let server = Setup::default().tariff("0.40").config(&config).start().await;
    let api = server.api();
    api.accept(&["CARD-1"]);
    let a = Player::old(&server, "a", Accepts).await;
    a.until_told("TxDefaultProfile", 6.0).await;
    a.start("CARD-1").await;
    a.until_told("TxProfile", 10.0).await;
    a.does(Keeps);
    write(&server, "");
    a.until_told("TxProfile", 32.0).await;
    let limit = json!({"command": "limit", "evse": 1, "maxCurrentA": 7, "expiresInS": 600});
    api.post("/api/v1/stations/a/commands", &limit).ok();
    // Its session has all back, and what the operator wants is on its way.
    a.does_at_once(KeepsStanding).await;
    a.until_told("TxDefaultProfile", 7.0).await;
    // That is seen within a quarter of a second, and nothing takes its place.
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    assert_eq!((of(&a, "TxProfile"), of(&a, "TxDefaultProfile")), (vec![10.0, 32.0], vec![6.0, 7.0]));
    a.does_at_once(Accepts).await;
    until_free(&server, 1).await;
    assert_eq!((of(&a, "TxProfile"), of(&a, "TxDefaultProfile")), (vec![10.0, 32.0, 7.0], vec![6.0, 7.0]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_refuses_to_have_it_back_is_told_again() {
    let config = circuit(10) + &evse("a", "");
    let server = Setup::default().tariff("0.40").config(&config).start().await;
    server.api().accept(&["CARD-1"]);
    let a = Player::old(&server, "a", Accepts).await;
    a.until_told("TxDefaultProfile", 6.0).await;
    a.start("CARD-1").await;
    a.until_told("TxProfile", 10.0).await;
    a.does(RefusesSessions);
    write(&server, "");
    a.until_told("TxDefaultProfile", 32.0).await;
    a.does(Accepts);
    until_free(&server, 1).await;
    assert_eq!(of(&a, "TxProfile"), [10.0, 32.0, 22_080.0, 32.0]);
    assert_eq!(of(&a, "TxDefaultProfile"), [6.0, 32.0], "what has been taken is not told again");
}

/// It never says at which EVSE it charges: while a site has one of its EVSEs, it may be that one.
#[tokio::test(flavor = "multi_thread")]
async fn an_evse_that_leaves_does_not_take_its_neighbours_session_along() {
    let stays = circuit(10) + &evse("a", "");
    let server = Setup::default().tariff("0.40").config(&(stays.clone() + &evse("a", "evse = 2"))).start().await;
    server.api().accept(&["CARD-1"]);
    let a = Player::new(&server, "a", Accepts).await;
    let told = |id: i64| a.told().iter().any(|told| told.payload["evseId"] == id);
    until("both are told", || (told(1) && told(2)).then_some(())).await;
    let mut started = Event::started("t-1", "CARD-1", 0, &ago(1)).payload();
    started.as_object_mut().expect("an object").remove("evse");
    a.say("TransactionEvent", started).await;
    write(&server, &stays);
    a.until_told("TxDefaultProfile", 32.0).await;
    until_free(&server, 1).await;
    until_site(&server.api(), "its neighbour has 10 A", |site| super::of(site, "a/1")["limitA"] == "10").await;
    assert_eq!(of(&a, "TxProfile").iter().find(|limit| **limit > 10.0), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_has_back_what_its_site_left_in_it() {
    let mut garage = start();
    let devices = device("garage", "keba-p30", &wire(garage.port));
    let site = circuit(10) + &evse("garage", "most_a = 16");
    let mut server = with_driver().config(&(devices.clone() + &site)).start().await;
    server.api().accept(&["FLEET-1"]);
    until_status(&server, "Available").await;
    garage.tell("plug");
    until_session(&server, "it charges", |session| session["state"] == "active").await;
    until("10 A", || (garage.last_written(5004) == Some(10_000)).then_some(())).await;
    server.kill();
    write(&server, &devices);
    server.restart();
    until("16 A", || (garage.last_written(5004) == Some(16_000)).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_evse_that_leaves_its_site_concerns_no_other_of_its_station() {
    let one = circuit(32) + &evse("a", "");
    let server = Setup::default().tariff("0.40").config(&(one.clone() + &evse("a", "evse = 2"))).start().await;
    let a = Player::old(&server, "a", Accepts).await;
    let told = |limit: f64| of(&a, "TxDefaultProfile").iter().filter(|told| **told == limit).count();
    until("both have their limit", || (told(6.0) == 2).then_some(())).await;
    write(&server, &one);
    until_free(&server, 1).await;
    let seen = until_site(&server.api(), "it is looked at", |site| site["evses"][1].is_null()).await;
    until_site(&server.api(), "it is looked at again", |site| site["seenAt"] != seen["seenAt"]).await;
    assert_eq!((told(6.0), told(32.0)), (2, 1), "{:?}", a.told());
}
