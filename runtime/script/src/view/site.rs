//! `fn share(site)`: a site's circuits and meters, and the EVSEs whose cars want to charge.

use std::cmp::Reverse;
use std::sync::Arc;

use amprule_domain::authorization::LocalTime;
use amprule_domain::event::ChargingState;
use amprule_domain::load::{CircuitFacts, EvseFacts, LoadInput, MeterFacts};
use rhai::{Array, Dynamic, Engine, ImmutableString};
use rust_decimal::Decimal;

use super::session::Token;
use super::{is_between, kwh, minutes, optional_moment, optional_text};
use crate::language::{Moment, Parameters, RhaiResult};

#[derive(Debug, Clone)]
pub(crate) struct Site(Arc<Facts>);

#[derive(Debug)]
struct Facts {
    input: LoadInput,
    parameters: Parameters,
}

/// One of a list of the site's, by its place.
#[derive(Debug, Clone)]
pub(crate) struct Evse(Arc<Facts>, usize);

#[derive(Debug, Clone)]
struct Circuit(Arc<Facts>, usize);

#[derive(Debug, Clone)]
struct Meter(Arc<Facts>, usize);

impl Site {
    pub(crate) fn new(input: &LoadInput, parameters: Parameters) -> Self {
        Self(Arc::new(Facts { input: input.clone(), parameters }))
    }

    fn local(&self) -> &LocalTime {
        &self.0.input.local
    }

    fn evses(&self, order: impl Iterator<Item = usize>) -> Array {
        order.map(|at| Dynamic::from(Evse(Arc::clone(&self.0), at))).collect()
    }

    fn by_priority(&self) -> Array {
        let evses = &self.0.input.evses;
        let mut order: Vec<usize> = (0..evses.len()).collect();
        order.sort_by_key(|at| (Reverse(evses[*at].priority), evses[*at].session.started_at));
        self.evses(order.into_iter())
    }

    fn circuit(&self, id: &str) -> RhaiResult<Circuit> {
        let circuits = &self.0.input.circuits;
        let at = circuits.iter().position(|circuit| circuit.id == id);
        at.map(|at| Circuit(Arc::clone(&self.0), at)).ok_or_else(|| {
            let known = circuits.iter().map(|circuit| circuit.id.as_str()).collect::<Vec<_>>().join(", ");
            format!("the site has no circuit {id:?}; it has {known}").into()
        })
    }

    /// One that says nothing is not there.
    fn meter(&self, id: &str) -> Dynamic {
        let at = self.0.input.meters.iter().position(|meter| meter.id == id);
        at.map_or(Dynamic::UNIT, |at| Dynamic::from(Meter(Arc::clone(&self.0), at)))
    }
}

impl Evse {
    pub(crate) fn facts(&self) -> &EvseFacts {
        &self.0.input.evses[self.1]
    }
}

impl Circuit {
    fn facts(&self) -> &CircuitFacts {
        &self.0.input.circuits[self.1]
    }
}

impl Meter {
    fn facts(&self) -> &MeterFacts {
        &self.0.input.meters[self.1]
    }
}

pub(super) fn register(engine: &mut Engine) {
    register_site(engine);
    register_evse(engine);
    register_charge(engine);
    register_circuit(engine);
    register_meter(engine);
}

fn register_site(engine: &mut Engine) {
    engine.register_type_with_name::<Site>("site");
    engine.register_get("id", |site: &mut Site| text(&site.0.input.site.id));
    engine.register_get("now", |site: &mut Site| Moment(site.0.input.now));
    engine.register_get("voltage_v", |site: &mut Site| i64::from(site.0.input.site.voltage_v));
    engine.register_get("time_zone", |site: &mut Site| text(&site.local().time_zone));
    engine.register_get("date", |site: &mut Site| text(&site.local().date));
    engine.register_get("weekday", |site: &mut Site| i64::from(site.local().weekday));
    engine.register_get("is_weekend", |site: &mut Site| site.local().weekday >= 6);
    engine.register_get("minute_of_day", |site: &mut Site| i64::from(site.local().minute_of_day));
    engine.register_get("evses", |site: &mut Site| site.evses(0..site.0.input.evses.len()));
    engine.register_get("circuits", |site: &mut Site| -> Array {
        (0..site.0.input.circuits.len()).map(|at| Dynamic::from(Circuit(Arc::clone(&site.0), at))).collect()
    });
    engine.register_get("meters", |site: &mut Site| -> Array {
        (0..site.0.input.meters.len()).map(|at| Dynamic::from(Meter(Arc::clone(&site.0), at))).collect()
    });
    engine.register_fn("by_priority", |site: Site| site.by_priority());
    engine.register_fn("circuit", |site: Site, id: ImmutableString| site.circuit(&id));
    engine.register_fn("meter", |site: Site, id: ImmutableString| site.meter(&id));
    engine.register_fn("is_between", |site: &mut Site, from: i64, to: i64| {
        is_between(i64::from(site.local().minute_of_day), from, to)
    });
    for name in ["parameters", "params"] {
        engine.register_get(name, |site: &mut Site| site.0.parameters.clone());
    }
}

fn register_evse(engine: &mut Engine) {
    engine.register_type_with_name::<Evse>("evse");
    engine.register_get("id", |evse: &mut Evse| text(&evse.facts().id));
    engine.register_get("station", |evse: &mut Evse| text(&evse.facts().station));
    engine.register_get("evse", |evse: &mut Evse| i64::from(evse.facts().evse));
    engine.register_get("circuit", |evse: &mut Evse| text(&evse.facts().circuit));
    engine.register_get("phases", |evse: &mut Evse| i64::from(evse.facts().phases));
    engine.register_get("priority", |evse: &mut Evse| evse.facts().priority);
    engine.register_get("least_a", |evse: &mut Evse| evse.facts().least_a.decimal());
    engine.register_get("most_a", |evse: &mut Evse| evse.facts().most_a.decimal());
    engine.register_get("limit_a", |evse: &mut Evse| evse.facts().limit_a.decimal());
    engine.register_get("limit_at", |evse: &mut Evse| optional_moment(evse.facts().limit_at));
    engine.register_get("switched_at", |evse: &mut Evse| optional_moment(evse.facts().switched_at));
    engine.register_get("power_w", |evse: &mut Evse| evse.facts().power_w.map_or(Dynamic::UNIT, Dynamic::from));
}

/// The session there.
fn register_charge(engine: &mut Engine) {
    engine.register_get("session", |evse: &mut Evse| text(&evse.facts().session.id));
    engine.register_get("started_at", |evse: &mut Evse| Moment(evse.facts().session.started_at));
    engine.register_get("minutes", |evse: &mut Evse| {
        let since = evse.0.input.now.as_second() - evse.facts().session.started_at.as_second();
        minutes(since.max(0))
    });
    engine.register_get("energy_kwh", |evse: &mut Evse| kwh(evse.facts().session.energy));
    engine.register_get("state", |evse: &mut Evse| match evse.facts().session.state {
        ChargingState::Charging => "charging",
        ChargingState::Suspended => "suspended",
        ChargingState::Idle => "idle",
    });
    engine.register_get("token", |evse: &mut Evse| {
        let token = evse.facts().session.token.clone();
        token.map_or(Dynamic::UNIT, |token| Dynamic::from(Token(Arc::new(token))))
    });
}

fn register_circuit(engine: &mut Engine) {
    engine.register_type_with_name::<Circuit>("circuit");
    engine.register_get("id", |circuit: &mut Circuit| text(&circuit.facts().id));
    engine.register_get("inside", |circuit: &mut Circuit| optional_text(circuit.facts().inside.as_ref()));
    engine.register_get("most_a", |circuit: &mut Circuit| circuit.facts().most_a.decimal());
    engine.register_get("free_a", |circuit: &mut Circuit| {
        circuit.facts().free_a.iter().min().map_or(Decimal::ZERO, |least| least.decimal())
    });
    engine.register_get("free_by_phase_a", |circuit: &mut Circuit| -> Array {
        circuit.facts().free_a.iter().map(|free| free.decimal().into()).collect()
    });
}

fn register_meter(engine: &mut Engine) {
    engine.register_type_with_name::<Meter>("meter");
    engine.register_get("id", |meter: &mut Meter| text(&meter.facts().id));
    engine.register_get("power_w", |meter: &mut Meter| meter.facts().power_w.map_or(Dynamic::UNIT, Dynamic::from));
    engine.register_get("current_a", |meter: &mut Meter| -> Array {
        meter.facts().current_a.iter().map(|current| (*current).into()).collect()
    });
}

fn text(text: &str) -> ImmutableString {
    text.into()
}
