//! What `fn turn` returns: `seen("charging", #{ energy_wh: 12_345 })`, or the map that it makes.

use amprule_domain::Energy;
use amprule_hooks::driver::{DeviceFacts, DeviceState, Observed, TurnOutput};
use rhai::{Dynamic, Engine, ImmutableString, Map};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

use super::fields::{Fields, Read};
use crate::explain::did_you_mean;
use crate::language::json::json;

const KNOWN: [&str; 15] = [
    "state",
    "plugged",
    "energy_wh",
    "session_wh",
    "power_w",
    "current_a",
    "limit_a",
    "error",
    "token",
    "vendor",
    "model",
    "serial",
    "firmware",
    "phases",
    "keep",
];

pub(super) fn register(engine: &mut Engine) {
    engine.register_fn("seen", |state: ImmutableString| seen(state, Map::new()));
    engine.register_fn("seen", seen);
}

fn seen(state: ImmutableString, more: Map) -> Map {
    let mut map = more;
    map.insert("state".into(), state.into());
    map
}

pub(crate) fn read(value: Dynamic, facts: &DeviceFacts) -> Read<TurnOutput> {
    let mut fields =
        Fields::of(value, "", "what was seen, like seen(\"charging\", #{ energy_wh: 1000 })")?.only(&KNOWN)?;
    let state = state(&fields.text("state")?)?;
    let kept = fields.take("keep").map(|kept| json(&kept)).transpose().map_err(|why| format!("keep: {why}"))?;
    let thousandths = |amperes: Decimal| amperes.checked_mul(Decimal::ONE_THOUSAND)?.round().to_i64();
    let tenths = |amperes: Decimal| amperes.checked_mul(Decimal::TEN)?.round().to_u32();
    let seen = Observed {
        state,
        plugged: fields.optional("plugged", "true or false", |value| value.as_bool().ok())?,
        vendor: fields.optional_text("vendor")?.unwrap_or_else(|| facts.vendor.clone()),
        model: fields.optional_text("model")?.unwrap_or_else(|| facts.model.clone()),
        serial: fields.optional_text("serial")?,
        firmware: fields.optional_text("firmware")?,
        phases: fields
            .optional("phases", "1 to 3", |value| {
                u8::try_from(value.as_int().ok()?).ok().filter(|n| (1..=3).contains(n))
            })?
            .unwrap_or(facts.phases),
        error: fields.optional_text("error")?.filter(|_| state == DeviceState::Faulted),
        token: fields.optional_text("token")?.filter(|token| !token.is_empty()),
        register: fields.optional_number("energy_wh")?.and_then(Energy::from_decimal_wh),
        session_register: fields.optional_number("session_wh")?.and_then(Energy::from_decimal_wh),
        power_w: fields.optional_number("power_w")?.and_then(|power| power.round().to_i64()),
        current_ma: fields.optional_number("current_a")?.and_then(thousandths),
        limit_deciamperes: fields.optional_number("limit_a")?.and_then(tenths),
    };
    Ok(TurnOutput { seen, kept: kept.map(|kept| kept.to_string()) })
}

fn state(word: &str) -> Read<DeviceState> {
    let known = DeviceState::ALL.iter().find(|(name, _)| *name == word);
    known.map(|(_, state)| *state).ok_or_else(|| {
        let names = DeviceState::ALL.map(|(name, _)| name);
        format!("state: {word:?} is not one of {}{}", names.join(", "), did_you_mean(word, names))
    })
}
