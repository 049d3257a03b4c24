//! The station, as both hooks see it.

use std::sync::Arc;

use amprule_domain::pricing::StationFacts;
use rhai::{Engine, ImmutableString};

#[derive(Debug, Clone)]
pub(super) struct Station(pub(super) Arc<StationFacts>);

pub(super) fn register(engine: &mut Engine) {
    engine.register_type_with_name::<Station>("station");
    engine.register_get("id", |station: &mut Station| ImmutableString::from(station.0.id.as_str()));
    engine.register_get("location", |station: &mut Station| super::optional_text(station.0.location.as_ref()));
    engine.register_get("vendor", |station: &mut Station| ImmutableString::from(station.0.vendor.as_str()));
    engine.register_get("model", |station: &mut Station| ImmutableString::from(station.0.model.as_str()));
    engine.register_get("evse", |station: &mut Station| i64::from(station.0.evse));
    engine.register_get("connector", |station: &mut Station| i64::from(station.0.connector));
}
