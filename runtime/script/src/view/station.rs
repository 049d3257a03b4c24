//! The station, as every hook sees it.

use std::sync::Arc;

use amprule_domain::facts::Fact;
use amprule_domain::place::{Place, Plug};
use amprule_domain::pricing::StationFacts;
use rhai::{Dynamic, Engine, ImmutableString, Map};

use super::optional_text;

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

    fn plug(&self) -> &Plug {
        &self.read(Fact::Connector).plug
    }

    fn place(&self) -> &Place {
        &self.read(Fact::Station).place
    }
}

pub(super) fn register(engine: &mut Engine) {
    engine.register_type_with_name::<Station>("station");
    engine.register_get("id", |station: &mut Station| ImmutableString::from(station.read(Fact::Station).id.as_str()));
    engine
        .register_get("location", |station: &mut Station| optional_text(station.read(Fact::Station).location.as_ref()));
    engine.register_get("vendor", |station: &mut Station| {
        ImmutableString::from(station.read(Fact::Station).vendor.as_str())
    });
    engine.register_get("model", |station: &mut Station| {
        ImmutableString::from(station.read(Fact::Station).model.as_str())
    });
    engine.register_get("evse", |station: &mut Station| i64::from(station.read(Fact::Connector).evse));
    engine.register_get("connector", |station: &mut Station| i64::from(station.read(Fact::Connector).connector));
    engine.register_get("connector_type", |station: &mut Station| optional_text(station.plug().kind.as_ref()));
    engine.register_get("current", |station: &mut Station| {
        station.plug().current.map_or(Dynamic::UNIT, |current| current.as_str().into())
    });
    engine.register_get("power_w", |station: &mut Station| station.plug().power_w.map_or(Dynamic::UNIT, Dynamic::from));
    engine.register_get("phases", |station: &mut Station| {
        station.plug().phases.map_or(Dynamic::UNIT, |phases| i64::from(phases).into())
    });
    engine.register_get("country", |station: &mut Station| optional_text(station.place().country.as_ref()));
    engine.register_get("currency", |station: &mut Station| {
        station.place().currency.map_or(Dynamic::UNIT, |currency| ImmutableString::from(currency.as_str()).into())
    });
    engine.register_get("attributes", |station: &mut Station| -> Map {
        let attributes = station.place().attributes.iter();
        attributes.map(|(name, value)| (name.as_str().into(), ImmutableString::from(value.as_str()).into())).collect()
    });
}
