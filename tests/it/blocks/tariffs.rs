//! Block I, prices before the start: tariffs in stations that charge by themselves, and words for drivers, as the tariff's own word was
//! proven; and what stations say of money afterwards.

use amprule_simulator::{SimStation, StationSettings, Version};
use amprule_tests::station201::Event;
use amprule_tests::{Setup, TestServer, ago, units, until};
use serde_json::{Value, json};

use super::Flow;

/// Fifty cents for each kWh, ten for the staff, and says so.
const DESCRIBED: &str = r#"fn price(session) {
    bill("EUR", [line("energy", "Energy", session.energy_kwh, "kWh", rate(session.token)).component("energy")])
}
fn describe(place) {
    offer("EUR", [element("energy", rate(place.token))])
}
fn rate(token) {
    if token != () && token.group == "staff" { 0.1 } else { 0.5 }
}
"#;

async fn server() -> TestServer {
    let manifest = units::manifest("tariff", "1.0.0", "pricing");
    let setup =
        Setup::default().file("scripts/tariff/plugin.toml", manifest).file("scripts/tariff/main.rhai", DESCRIBED);
    let server = setup.config("[stations]\ncost_every_s = 1\n").start().await;
    server.api().accept(&["AA1"]);
    server.api().put("/api/v1/tokens/STAFF", &json!({"group": "staff", "language": "de"})).ok();
    server
}

async fn described(version: Version) -> Flow {
    let flow = Flow::at(server().await, version).await;
    if version == Version::Ocpp16 {
        flow.whole.set("", "CustomDisplayCostAndPrice", "true");
    }
    flow.report().await;
    tell_places(&flow.station, version).await;
    flow
}

async fn tell_places(station: &SimStation, version: Version) {
    for place in [1, 2] {
        let status = match version {
            Version::Ocpp16 => json!({"connectorId": place, "errorCode": "NoError", "status": "Available"}),
            _ => json!({"evseId": place, "connectorId": 1, "connectorStatus": "Available", "timestamp": ago(0)}),
        };
        station.call("StatusNotification", status).await.expect("it is taken");
    }
}

impl Flow {
    async fn say(&self, event: Value) -> Value {
        self.station.call("TransactionEvent", event).await.expect("it is taken")
    }

    /// Each EVSE's price per kWh, as it stands in the station.
    fn prices(&self) -> Vec<(i64, f64)> {
        let price = |tariff: &Value| tariff["energy"]["prices"][0]["priceKwh"].as_f64().expect("a price");
        self.whole.tariffs().iter().map(|(evse, tariff)| (*evse, price(tariff))).collect()
    }

    async fn until_prices(&self, expect: &[(i64, f64)]) {
        until(&format!("the station has {expect:?}"), || (self.prices() == expect).then_some(())).await;
    }

    /// Says it again until the answer is as it should be: what an answer tells is found out behind the first.
    async fn until_answered(&self, action: &str, payload: &Value, is_so: impl Fn(&Value) -> bool) -> Value {
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
        loop {
            let answer = self.station.call(action, payload.clone()).await.expect("it is taken");
            if is_so(&answer) {
                return answer;
            }
            assert!(std::time::Instant::now() < deadline, "{action}: {answer}");
        }
    }
}

fn authorize(token: &str) -> Value {
    json!({"idToken": {"idToken": token, "type": "ISO14443"}})
}

#[tokio::test(flavor = "multi_thread")]
async fn default_tariffs_follow_what_is_offered() {
    let flow = described(Version::Ocpp21).await;
    flow.until_prices(&[(1, 0.5), (2, 0.5)]).await;
    let ids =
        |flow: &Flow| flow.whole.tariffs().iter().map(|(_, tariff)| tariff["tariffId"].clone()).collect::<Vec<_>>();
    let before = ids(&flow);
    assert!(before[0].as_str().is_some_and(|id| id.starts_with("tariff-")), "{before:?}");
    assert_eq!(sent(&flow, "GetTariffs").len(), 1, "it was asked before it was told");
    units::edit(&flow.server.path("scripts/tariff/main.rhai"), |script| script.replace("0.5", "0.6"));
    flow.until_prices(&[(1, 0.6), (2, 0.6)]).await;
    assert!(ids(&flow).iter().all(|id| !before.contains(id)), "another content has another id");
    let held = flow.until_held("tariffs", "we know it", |held| {
        held.iter().filter(|held| held["tariff"]["energy"]["prices"][0]["priceKwh"] == 0.6).count() == 2
    });
    assert_eq!(held.await.len(), 2);
    let told = sent(&flow, "SetDefaultTariff");
    assert!(told.len() <= 4 && told.iter().all(|told| told["tariff"].get("validFrom").is_none()), "{told:?}");
}

/// OCPP 2.1, I07: what the station refuses it is told once, until another is offered or it boots; and people see it.
#[tokio::test(flavor = "multi_thread")]
async fn a_refused_tariff_is_told_once() {
    let flow = Flow::at(server().await, Version::Ocpp21).await;
    flow.report().await;
    // It has told of eight.
    let takes = |elements: &str| assert!(flow.whole.set("TariffCostCtrlr", "MaxElements#Tariff", elements));
    takes("0");
    tell_places(&flow.station, Version::Ocpp21).await;
    let refused = async |price: f64| {
        let is_it = |held: &Value| held["tariff"]["energy"]["prices"][0]["priceKwh"] == price;
        let held = flow.until_held("tariffs", "it stands there", |held| held.iter().any(is_it)).await;
        flow.ordered(json!({"command": "request", "action": "GetTariffs", "payload": {"evseId": 0}, "waitS": 20}))
            .await
            .ok();
        (held.len(), held[0]["isRefused"].clone(), held[0]["status"].clone(), sent(&flow, "SetDefaultTariff").len())
    };
    assert_eq!(refused(0.5).await, (1, json!(true), json!("TooManyElements"), 1));
    units::edit(&flow.server.path("scripts/tariff/main.rhai"), |script| script.replace("0.5", "0.6"));
    assert_eq!(refused(0.6).await, (1, json!(true), json!("TooManyElements"), 2), "another one");
    takes("8");
    flow.station.boot().await.expect("it boots");
    flow.until_prices(&[(1, 0.6), (2, 0.6)]).await;
    flow.until_held("tariffs", "nothing is refused", |held| held.iter().all(|held| held.get("isRefused").is_none()))
        .await;
}

fn sent(flow: &Flow, action: &str) -> Vec<Value> {
    flow.whole.requests().into_iter().filter(|(known, _)| known == action).map(|(_, payload)| payload).collect()
}

/// A station that comes with another system's tariffs says so, and gets ours in their place.
#[tokio::test(flavor = "multi_thread")]
async fn a_tariff_of_another_system_is_found_and_replaced() {
    let flow = described(Version::Ocpp21).await;
    let other = Flow::of(Version::Ocpp21).await;
    let foreign = json!({"tariffId": "CITY-2026-07", "currency": "EUR", "energy": {"prices": [{"priceKwh": 0.9}]}});
    other.accepted("SetDefaultTariff", json!({"evseId": 0, "tariff": foreign})).await;
    // It leaves the other system before it comes to this one.
    let Flow { whole, station, .. } = other;
    drop(station);
    let settings = StationSettings::new(&flow.server.ocpp, "cs-7", Version::Ocpp21);
    let station = SimStation::connect_as(settings, &whole).await.expect("it connects");
    station.boot().await.expect("it boots");
    let order = |body: Value| flow.api.post("/api/v1/stations/cs-7/commands", &body).ok();
    let command = order(json!({"command": "request", "action": "GetTariffs", "payload": {"evseId": 0}, "waitS": 20}));
    assert_eq!(command["answer"]["verdict"], "accepted", "{command}");
    let held = || flow.api.all("/api/v1/stations/cs-7/tariffs");
    let ids: Vec<Value> = held().iter().map(|held| held["tariff"]["tariffId"].clone()).collect();
    assert_eq!(ids, ["CITY-2026-07", "CITY-2026-07"]);
    order(json!({"command": "report", "waitS": 20}));
    tell_places(&station, Version::Ocpp21).await;
    until("it has ours", || {
        let ours = whole.tariffs().iter().all(|(_, tariff)| tariff["energy"]["prices"][0]["priceKwh"] == 0.5);
        ours.then_some(())
    })
    .await;
    until("we know it", || held().iter().all(|held| held["tariff"]["tariffId"] != "CITY-2026-07").then_some(())).await;
}

/// One who pays less is told so in his language, and a station that charges by itself gets his tariff with the answer.
#[tokio::test(flavor = "multi_thread")]
async fn a_driver_is_told_his_own_price() {
    let flow = described(Version::Ocpp21).await;
    flow.until_prices(&[(1, 0.5), (2, 0.5)]).await;
    let answer = flow.until_answered("Authorize", &authorize("STAFF"), |answer| answer.get("tariff").is_some()).await;
    assert_eq!(answer["tariff"]["energy"]["prices"][0]["priceKwh"], 0.1);
    assert_eq!(answer["tariff"].get("validFrom"), None, "I08.FR.09");
    let info = &answer["idTokenInfo"];
    assert_eq!(info["language1"], "de");
    assert!(info["personalMessage"]["content"].as_str().is_some_and(|text| text.contains("0,10 € ")), "{info}");
    let usual = flow
        .until_answered("Authorize", &authorize("AA1"), |answer| answer["idTokenInfo"].get("personalMessage").is_some())
        .await;
    assert_eq!(usual.get("tariff"), None, "it is the default");
    assert!(usual["idTokenInfo"]["personalMessage"]["content"].as_str().is_some_and(|text| text.contains("€0.50")));
    let change = json!({"transactionId": "t-1", "tariff": {"tariffId": "X", "currency": "USD"}});
    let mut event = Event::started("t-1", "STAFF", 0, &ago(2)).payload();
    event["transactionInfo"]["tariffId"] = answer["tariff"]["tariffId"].clone();
    flow.say(event).await;
    flow.say(Event::updated("t-1", 1, 1_000, &ago(1)).payload()).await;
    let body = json!({"command": "request", "action": "ChangeTransactionTariff", "payload": change});
    let refused = flow.ordered(body).await;
    assert_eq!((refused.status, &refused.body["error"]["path"]), (422, &json!("/payload/tariff/currency")));
    assert_eq!(flow.api.sessions(super::ID)[0]["stationMoney"]["tariff"], answer["tariff"]["tariffId"]);
}

/// OCPP 2.1, I11: who was let in by the station itself, or from afar, never heard an answer with his tariff in it.
#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_began_without_the_drivers_tariff_goes_on_by_it() {
    let flow = described(Version::Ocpp21).await;
    flow.until_prices(&[(1, 0.5), (2, 0.5)]).await;
    let changes = || -> Vec<Value> {
        let asked = flow.whole.requests().into_iter();
        asked.filter(|(action, _)| action == "ChangeTransactionTariff").map(|(_, asked)| asked).collect()
    };
    flow.say(Event::started("t-usual", "AA1", 0, &ago(9)).payload()).await;
    flow.say(Event::ended("t-usual", 1, 0, &ago(8)).payload()).await;
    flow.say(Event::started("t-own", "STAFF", 0, &ago(2)).payload()).await;
    let change = until("it is told", || changes().into_iter().next()).await;
    assert_eq!(
        (&change["transactionId"], &change["tariff"]["energy"]["prices"][0]["priceKwh"]),
        (&json!("t-own"), &json!(0.1))
    );
    until("it says so", || {
        let sessions = flow.api.sessions(super::ID);
        let own = sessions.iter().find(|session| session["transaction"] == "t-own")?;
        (own["stationMoney"]["tariff"] == change["tariff"]["tariffId"]).then_some(())
    })
    .await;
    flow.say(Event::ended("t-own", 9, 0, &ago(0)).payload()).await;
    let has_tariff = |answer: &Value| answer.get("tariff").is_some();
    flow.until_answered("Authorize", &authorize("STAFF"), has_tariff).await;
    flow.say(Event::started("t-shown", "STAFF", 0, &ago(0)).payload()).await;
    flow.ordered(json!({"command": "report", "waitS": 20})).await.ok();
    assert_eq!(changes().len(), 1, "who has heard it needs no other: {:?}", changes());
}

/// What was not known at the start is told with the next answer, once.
#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_comes_late_is_told_later() {
    let flow = described(Version::Ocpp201).await;
    let knows = |answer: &Value| answer["idTokenInfo"].get("personalMessage").is_some();
    flow.until_answered("Authorize", &authorize("AA1"), knows).await;
    let answer = flow.say(Event::started("t-1", "STAFF", 0, &ago(9)).payload()).await;
    assert!(!knows(&answer), "nobody has asked for the staff's price before: {answer}");
    let (mut told, mut seq) = (Vec::new(), 1);
    while told.is_empty() {
        let answer = flow.say(Event::updated("t-1", seq, 1_000, &ago(1)).payload()).await;
        told.extend(answer.get("updatedPersonalMessage").cloned());
        seq += 1;
        assert!(seq < 20_000, "it never came");
    }
    assert!(told[0]["content"].as_str().is_some_and(|text| text.contains("0,10 €")), "{told:?}");
    let answer = flow.say(Event::updated("t-1", seq, 1_000, &ago(0)).payload()).await;
    assert_eq!(answer.get("updatedPersonalMessage"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_station_of_the_old_version_has_the_price_for_all_and_hears_that_for_one() {
    let flow = described(Version::Ocpp16).await;
    let price = || serde_json::from_str::<Value>(&flow.whole.key("DefaultPrice")?).ok();
    let text = |price: &Value| price["priceText"].as_str().map(str::to_owned).unwrap_or_default();
    until("it has the price for all", || price().filter(|price| text(price).contains("€0.50 per kWh"))).await;
    flow.station.call("Authorize", json!({"idTag": "STAFF"})).await.expect("it is taken");
    let told = until("it hears the price for one", || {
        sent(&flow, "DataTransfer").into_iter().find(|sent| sent["messageId"] == "SetUserPrice")
    })
    .await;
    let told: Value = serde_json::from_str(told["data"].as_str().expect("a text")).expect("JSON");
    assert_eq!(told["idToken"], "STAFF");
    assert!(text(&told).contains("0,10 € pro kWh") || text(&told).contains("0,10 €"), "{told}");
    units::edit(&flow.server.path("scripts/tariff/main.rhai"), |script| script.replace("0.5", "0.6"));
    until("it has the new one", || price().filter(|price| text(price).contains("€0.60 per kWh"))).await;
    let changes = sent(&flow, "ChangeConfiguration");
    assert_eq!(changes.len(), 2, "it is told when it changes: {changes:?}");
}

/// Our bill stays the bill; what the station has computed stands beside it, and an end that a card has made tells its cost as well.
#[tokio::test(flavor = "multi_thread")]
async fn a_station_that_comes_to_another_amount_is_marked() {
    let flow = described(Version::Ocpp21).await;
    let both = |own: f64| json!({"exclTax": own, "inclTax": own});
    let net = |own: f64| json!({"exclTax": own});
    for (transaction, own, differs) in [
        ("t-1", both(1.0), false),
        ("t-2", both(9.99), true),
        ("t-3", both(1.01), true),
        ("t-4", net(1.0), false),
        ("t-5", net(9.99), true),
    ] {
        flow.say(Event::started(transaction, "AA1", 0, &ago(3)).payload()).await;
        let mut event = Event { token: Some("AA1"), ..Event::ended(transaction, 1, 2_000, &ago(1)) }.payload();
        let total = json!({"currency": "EUR", "typeOfCost": "NormalCost", "total": own});
        let usage = json!({"energy": 2.0, "chargingTime": 120, "idleTime": 0});
        event["costDetails"] = json!({"totalCost": total, "totalUsage": usage});
        event["transactionInfo"]["tariffId"] = json!("T-7");
        let answer = flow.say(event).await;
        assert_eq!(answer["totalCost"], 1.0, "{answer}");
        let found = flow.api.all(&format!("/api/v1/sessions?station=cs-1&transaction={transaction}"));
        let (marks, money) = (&found[0]["marks"], &found[0]["stationMoney"]);
        let marks: Vec<&str> = marks.as_array().expect("marks").iter().filter_map(Value::as_str).collect();
        assert_eq!(marks.contains(&"station-cost-differs"), differs, "{found:?}");
        assert_eq!((&found[0]["total"], &money["tariff"]), (&json!("1.00"), &json!("T-7")));
        let with_tax = money["cost"]["withTax"].as_str().and_then(|cost| cost.parse::<f64>().ok());
        assert_eq!(with_tax, own["inclTax"].as_f64(), "{money}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_at_the_terminal_is_booked_once() {
    let mut flow = described(Version::Ocpp21).await;
    flow.say(Event::started("t-1", "AA1", 0, &ago(3)).payload()).await;
    flow.say(Event::ended("t-1", 1, 2_000, &ago(1)).payload()).await;
    let settle = |transaction: &str, reference: &str, status: &str| {
        json!({"transactionId": transaction, "pspRef": reference, "status": status, "settlementAmount": 1.0,
               "settlementTime": ago(0), "receiptId": "R-7", "receiptUrl": "https://pay.example.com/r/7"})
    };
    for said in [
        settle("t-1", "PSP-1", "Failed"),
        settle("t-1", "PSP-1", "Settled"),
        settle("t-1", "PSP-1", "Settled"),
        settle("t-9", "PSP-2", "Settled"),
    ] {
        flow.station.call("NotifySettlement", said).await.expect("it is taken");
    }
    flow.server.stop();
    flow.server.restart();
    let settlements = flow.api.sessions(super::ID)[0]["stationMoney"]["settlements"].clone();
    assert_eq!(settlements.as_array().map(Vec::len), Some(1), "{settlements}");
    let expect = json!({"reference": "PSP-1", "status": "Settled", "receiptId": "R-7"});
    for (member, value) in expect.as_object().expect("an object") {
        assert_eq!(&settlements[0][member], value, "{settlements}");
    }
    let held = flow.held("settlements");
    assert_eq!(
        (super::by_id(&held, "PSP-1")["state"].as_str(), super::by_id(&held, "PSP-2")["state"].as_str()),
        (Some("booked"), Some("unmatched"))
    );
}
