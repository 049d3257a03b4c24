//! Prices and costs over DataTransfer: OCPP & California Pricing Requirements (Open Charge Alliance, 2024), 3.1. What is said
//! is a JSON object in a text.

use amprule_domain::command::{Command, CostShown, PriceCommand, PriceText, UnitPrices};
use serde_json::{Map, Value, json};

use crate::encode::{Object, Times};
use crate::request::Request;
use crate::v16::{plug_and_charge, words};

pub(crate) const REQUEST: Request = Request::typed("DataTransfer", encode).means(plug_and_charge::outcome);

pub(crate) const VENDOR: &str = "org.openchargealliance.costmsg";

/// Characters of a text.
const MAX_TEXT: usize = 512;

fn encode(command: &Command, times: Times) -> Option<String> {
    let Command::Price(command) = command else { return None };
    let (message, data) = match command {
        PriceCommand::Cost(shown) => ("RunningCost", running(shown, times)?),
        PriceCommand::FinalCost { transaction, total, texts } => {
            let cost = Object::new(times).raw("transactionId", words::number(transaction)?).raw("cost", total);
            ("FinalCost", with_texts(cost, texts).finish())
        }
        PriceCommand::UserPrice { token, texts } => {
            ("SetUserPrice", with_texts(Object::new(times).text("idToken", &token.id_token), texts).finish())
        }
        PriceCommand::SetTariff { .. } | PriceCommand::ClearTariff { .. } | PriceCommand::Tariffs => return None,
    };
    let transfer = Object::new(times).text("vendorId", VENDOR).text("messageId", message);
    Some(transfer.text("data", &data).finish())
}

/// The members that each of them has to have come first, a price object even when nothing is known of it.
fn running(shown: &CostShown, times: Times) -> Option<String> {
    let UnitPrices { per_kwh, per_hour, once, per_idle_hour } = shown.prices;
    let prices = [("kWhPrice", per_kwh), ("hourPrice", per_hour), ("flatFee", once)];
    let charging = prices
        .into_iter()
        .fold(Object::new(times), |object, (name, price)| object.maybe(price, |object, price| object.raw(name, price)));
    let idle = per_idle_hour.map(|price| Object::new(times).raw("hourPrice", price).finish());
    // Whole Wh: some take no other number.
    let register = shown.register.map_or(0, |register| register.mwh() / 1_000);
    let cost = Object::new(times)
        .raw("transactionId", words::number(&shown.transaction)?)
        .time("timestamp", shown.at)
        .raw("meterValue", register)
        .raw("cost", shown.total)
        .text("state", if shown.is_idle { "Idle" } else { "Charging" })
        .raw("chargingPrice", charging.finish())
        .maybe(idle, |object, idle| object.raw("idlePrice", idle));
    Some(cost.finish())
}

fn with_texts(object: Object, texts: &[PriceText]) -> Object {
    let cut = |text: &str| text.chars().take(MAX_TEXT).collect::<String>();
    let Some((first, others)) = texts.split_first() else { return object };
    let extra = |other: &PriceText| {
        let members =
            [("format", json!("UTF8")), ("language", json!(other.language)), ("content", json!(cut(&other.text)))];
        Value::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>())
    };
    let extras: Vec<Value> = others.iter().map(extra).collect();
    let object = object.text("priceText", &cut(&first.text));
    if extras.is_empty() { object } else { object.raw("priceTextExtra", Value::Array(extras)) }
}
