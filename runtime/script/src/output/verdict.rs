//! What `fn authorize` returns: `accept()`, `reject("Blocked", "…")` or `no_opinion()`, or the maps that they make.

use amprule_domain::Energy;
use amprule_domain::authorization::{AuthorizationOutput, Limits, Opinion};
use amprule_domain::reply::AuthorizationStatus;
use rhai::{Dynamic, Engine, ImmutableString, Map};
use rust_decimal::Decimal;

use super::fields::{Fields, Read, text};
use crate::explain::did_you_mean;

pub(super) fn register(engine: &mut Engine) {
    engine.register_fn("accept", || verdict("accept"));
    engine.register_fn("no_opinion", || verdict("no-opinion"));
    engine.register_fn("reject", |reason: ImmutableString| reject(reason, Dynamic::UNIT));
    engine.register_fn("reject", |reason: ImmutableString, message: ImmutableString| reject(reason, message.into()));
}

fn verdict(word: &str) -> Map {
    Map::from([("verdict".into(), word.into())])
}

fn reject(reason: ImmutableString, message: Dynamic) -> Map {
    let mut map = verdict("reject");
    map.insert("reason".into(), reason.into());
    map.insert("message".into(), message);
    map
}

pub(crate) fn read(value: Dynamic) -> Read<AuthorizationOutput> {
    let known = ["verdict", "reason", "message", "messages", "limits", "cache_s", "tariff"];
    let mut fields = Fields::of(value, "", "an answer like accept() or reject(\"Blocked\")")?.only(&known)?;
    let output = AuthorizationOutput {
        verdict: opinion(&mut fields)?,
        reason: reason(&mut fields)?,
        message: fields.optional_text("message")?,
        messages: fields.texts("messages")?,
        limits: limits(&mut fields)?,
        cache_s: fields
            .optional("cache_s", "whole seconds from 0", |value| u32::try_from(value.as_int().ok()?).ok())?,
        tariff: fields.optional_text("tariff")?,
    };
    output.validate()?;
    Ok(output)
}

fn opinion(fields: &mut Fields) -> Read<Opinion> {
    match fields.text("verdict")?.as_str() {
        "accept" => Ok(Opinion::Accept),
        "reject" => Ok(Opinion::Reject),
        "no-opinion" => Ok(Opinion::NoOpinion),
        other => {
            let hint = did_you_mean(other, ["accept", "reject", "no-opinion"]);
            Err(format!("verdict: {other:?} is not one of accept, reject, no-opinion{hint}"))
        }
    }
}

fn reason(fields: &mut Fields) -> Read<Option<AuthorizationStatus>> {
    let Some(word) = fields.optional("reason", "a string", text)? else {
        return Ok(None);
    };
    let names = AuthorizationStatus::ALL.map(AuthorizationStatus::as_str);
    match AuthorizationStatus::ALL.iter().find(|status| status.as_str() == word) {
        Some(status) => Ok(Some(*status)),
        None => Err(format!("reason: {word:?} is not one of {}{}", names.join(", "), did_you_mean(&word, names))),
    }
}

fn limits(fields: &mut Fields) -> Read<Limits> {
    let Some(value) = fields.take("limits") else {
        return Ok(Limits::default());
    };
    let known = ["max_energy_wh", "max_energy_kwh", "max_duration_s", "max_cost"];
    let mut fields = Fields::of(value, &fields.place("limits"), "a map of limits")?.only(&known)?;
    let wh = fields.optional_number("max_energy_wh")?;
    let kwh = fields.optional_number("max_energy_kwh")?.map(|kwh| kwh.saturating_mul(Decimal::ONE_THOUSAND));
    let energy = |wh| Energy::from_decimal_wh(wh).ok_or("limits.max_energy_wh: the number is too large");
    Ok(Limits {
        max_energy: wh.or(kwh).map(energy).transpose()?,
        max_duration_s: fields
            .optional("max_duration_s", "whole seconds from 0", |value| u64::try_from(value.as_int().ok()?).ok())?,
        max_cost: fields.optional_number("max_cost")?,
    })
}
