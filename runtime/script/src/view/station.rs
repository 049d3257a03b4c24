//! The station, as both hooks see it.

use std::sync::Arc;

use amprule_domain::facts::Fact;
use amprule_domain::pricing::StationFacts;
use rhai::{Engine, ImmutableString};

use crate::language::call;

#[derive(Debug, Clone)]
pub(super) struct Station(Arc<StationFacts>);

impl Station {
    pub(super) fn new(facts: &StationFacts) -> Self {
        Self(Arc::new(facts.clone()))
    }

    fn read(&self, fact: Fact) -> &StationFacts {
        call::note(fact);
        &self.0
    }
}

pub(super) fn register(engine: &mut Engine) {
    engine.register_type_with_name::<Station>("station");
    engine.register_get("id", |station: &mut Station| ImmutableString::from(station.read(Fact::Station).id.as_str()));
    engine.register_get("location", |station: &mut Station| {
        super::optional_text(station.read(Fact::Station).location.as_ref())
    });
    engine.register_get("vendor", |station: &mut Station| {
        ImmutableString::from(station.read(Fact::Station).vendor.as_str())
    });
    engine.register_get("model", |station: &mut Station| {
        ImmutableString::from(station.read(Fact::Station).model.as_str())
    });
    engine.register_get("evse", |station: &mut Station| i64::from(station.read(Fact::Connector).evse));
    engine.register_get("connector", |station: &mut Station| i64::from(station.read(Fact::Connector).connector));
}
