//! Prices and costs, as each version has words for them.

use amprule_domain::command::{Command, CostShown, PriceCommand, PriceText, UnitPrices};
use amprule_domain::token::IdToken;
use amprule_domain::{Energy, TransactionId};
use amprule_ocpp::Dialect;
use serde_json::{Value, json};

fn cost(transaction: &str) -> PriceCommand {
    PriceCommand::Cost(CostShown {
        transaction: TransactionId::new(transaction),
        total: "3.20".parse().expect("a decimal"),
        at: "2026-07-01T08:00:00Z".parse().expect("a time"),
        register: Some(Energy::from_mwh(4_200_700)),
        is_idle: false,
        prices: UnitPrices { per_kwh: Some("0.50".parse().expect("a decimal")), ..UnitPrices::default() },
    })
}

/// What each version sends: the action, and its payload with a text that is JSON read.
fn check(command: PriceCommand, v16: Option<Value>, v201: Option<Value>, v21: Option<Value>) {
    let command = Command::Price(command);
    for (dialect, expect) in [(Dialect::V16, v16), (Dialect::V201, v201), (Dialect::V21, v21)] {
        let said = dialect.phrase(&command);
        let read = said.as_ref().map(|(action, payload)| {
            assert_eq!(dialect.check_command(action, payload), Ok(*action), "{payload}");
            let mut payload: Value = serde_json::from_str(payload).expect("JSON");
            if let Some(data) = payload["data"].as_str().map(str::to_owned) {
                payload["data"] = serde_json::from_str(&data).expect("JSON in a text");
            }
            json!([action, payload])
        });
        assert_eq!(read, expect, "{said:?}");
    }
}

fn transfer(message: &str, data: Value) -> Option<Value> {
    let vendor = "org.openchargealliance.costmsg";
    Some(json!(["DataTransfer", {"vendorId": vendor, "messageId": message, "data": data}]))
}

fn texts(languages: &[&str]) -> Vec<PriceText> {
    languages
        .iter()
        .map(|language| PriceText { language: (*language).to_owned(), text: format!("in {language}") })
        .collect()
}

/// Stations that were met refuse a number of a transaction that is a text, a register that is no whole number, and a message without
/// an object of prices.
#[test]
fn a_running_cost_has_all_that_strict_stations_want() {
    let running = json!({
        "transactionId": 17, "timestamp": "2026-07-01T08:00:00.000Z", "meterValue": 4200, "cost": 3.20, "state": "Charging",
        "chargingPrice": {"kWhPrice": 0.50},
    });
    let updated = |id: &str| Some(json!(["CostUpdated", {"totalCost": 3.20, "transactionId": id}]));
    check(cost("17"), transfer("RunningCost", running), updated("17"), updated("17"));
    check(cost("a-name"), None, updated("a-name"), updated("a-name"));
}

#[test]
fn what_an_answer_tells_in_one_version_is_a_message_in_another() {
    let total = "3.20".parse().expect("a decimal");
    let end = |texts| PriceCommand::FinalCost { transaction: TransactionId::new("17"), total, texts };
    let extra = |languages: &[&str]| -> Vec<Value> {
        let one =
            |language: &&str| json!({"format": "UTF8", "language": language, "content": format!("in {language}")});
        languages.iter().map(one).collect()
    };
    let said = json!({"transactionId": 17, "cost": 3.20, "priceText": "in en"});
    check(end(texts(&["en"])), transfer("FinalCost", said), None, None);
    let user = PriceCommand::UserPrice { token: IdToken::new("AA1", ""), texts: texts(&["en", "de", "fr"]) };
    let said = json!({"idToken": "AA1", "priceText": "in en", "priceTextExtra": extra(&["de", "fr"])});
    check(user, transfer("SetUserPrice", said), None, None);
}

#[test]
fn tariffs_are_for_the_version_that_has_them() {
    let tariff = json!({"tariffId": "day-0123456789ab", "currency": "EUR"});
    let set = PriceCommand::SetTariff { evse: 2, tariff: tariff.clone() };
    check(set, None, None, Some(json!(["SetDefaultTariff", {"evseId": 2, "tariff": tariff}])));
    let clear = |evse| PriceCommand::ClearTariff { evse, id: "day-0123456789ab".to_owned() };
    let cleared = json!({"tariffIds": ["day-0123456789ab"]});
    check(clear(None), None, None, Some(json!(["ClearTariffs", cleared])));
    let cleared = json!({"tariffIds": ["day-0123456789ab"], "evseId": 2});
    check(clear(Some(2)), None, None, Some(json!(["ClearTariffs", cleared])));
    check(PriceCommand::Tariffs, None, None, Some(json!(["GetTariffs", {"evseId": 0}])));
}
