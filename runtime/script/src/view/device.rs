//! `fn turn(device)`: what shall be so, and what the turn before has kept.

use std::sync::Arc;

use amprule_hooks::driver::TurnInput;
use rhai::{Dynamic, Engine};
use rust_decimal::Decimal;

use crate::language::{Parameters, json};

#[derive(Debug, Clone)]
pub(crate) struct Device(Arc<Facts>);

#[derive(Debug)]
struct Facts {
    now_s: i64,
    on: bool,
    fresh: bool,
    limit_a: Option<Decimal>,
    phases: Option<u8>,
    unlock: bool,
    kept: Dynamic,
    parameters: Parameters,
}

impl Device {
    pub(crate) fn new(input: &TurnInput, parameters: Parameters) -> Self {
        let kept = input.kept.as_ref().and_then(|kept| serde_json::from_str(kept).ok());
        Self(Arc::new(Facts {
            now_s: input.now.as_second(),
            on: input.shall.be_on,
            fresh: input.is_fresh,
            limit_a: input.shall.most_deciamperes.map(|deciamperes| Decimal::new(deciamperes.into(), 1).normalize()),
            phases: input.shall.phases,
            unlock: input.shall.unlock,
            kept: kept.as_ref().map_or(Dynamic::UNIT, json::dynamic),
            parameters,
        }))
    }
}

pub(super) fn register(engine: &mut Engine) {
    engine.register_type_with_name::<Device>("device");
    engine.register_get("now_s", |device: &mut Device| device.0.now_s);
    engine.register_get("on", |device: &mut Device| device.0.on);
    engine.register_get("fresh", |device: &mut Device| device.0.fresh);
    engine.register_get("limit_a", |device: &mut Device| device.0.limit_a.map_or(Dynamic::UNIT, Dynamic::from_decimal));
    engine.register_get("phases", |device: &mut Device| {
        device.0.phases.map_or(Dynamic::UNIT, |phases| Dynamic::from_int(phases.into()))
    });
    engine.register_get("unlock", |device: &mut Device| device.0.unlock);
    engine.register_get("kept", |device: &mut Device| device.0.kept.clone());
    for name in ["parameters", "params"] {
        engine.register_get(name, |device: &mut Device| device.0.parameters.clone());
    }
}
