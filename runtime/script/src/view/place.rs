//! `fn describe(place)`: where something is offered, when, and to whom.

use std::sync::Arc;

use amprule_domain::Timestamp;
use amprule_domain::offer::OfferInput;
use amprule_domain::pricing::TokenFacts;
use rhai::{Dynamic, Engine, ImmutableString};

use super::session::Token;
use super::station::Station;
use crate::language::{Moment, Parameters};

#[derive(Debug, Clone)]
pub(crate) struct Place(Arc<Facts>);

#[derive(Debug)]
struct Facts {
    now: Timestamp,
    from: Timestamp,
    to: Timestamp,
    time_zone: String,
    station: Station,
    token: Option<Arc<TokenFacts>>,
    parameters: Parameters,
}

impl Place {
    pub(crate) fn new(input: &OfferInput, parameters: Parameters) -> Self {
        Self(Arc::new(Facts {
            now: input.now,
            from: input.from,
            to: input.to,
            time_zone: input.time_zone.clone(),
            station: Station::new(&input.station),
            token: input.token.clone().map(Arc::new),
            parameters,
        }))
    }
}

pub(super) fn register(engine: &mut Engine) {
    engine.register_type_with_name::<Place>("place");
    engine.register_get("now", |place: &mut Place| Moment(place.0.now));
    engine.register_get("from", |place: &mut Place| Moment(place.0.from));
    engine.register_get("to", |place: &mut Place| Moment(place.0.to));
    engine.register_get("time_zone", |place: &mut Place| ImmutableString::from(place.0.time_zone.as_str()));
    engine.register_get("station", |place: &mut Place| place.0.station.clone());
    engine.register_get("token", |place: &mut Place| {
        place.0.token.clone().map_or(Dynamic::UNIT, |token| Dynamic::from(Token(token)))
    });
    for name in ["parameters", "params"] {
        engine.register_get(name, |place: &mut Place| place.0.parameters.clone());
    }
}
