//! `fn price(session)`: the session, its periods and its token.

use std::sync::Arc;

use amprule_domain::Timestamp;
use amprule_domain::event::ChargingState;
use amprule_domain::pricing::{PricingInput, PricingPeriod, Purpose, SessionFacts, TokenFacts};
use rhai::{Dynamic, Engine, EvalAltResult, ImmutableString, Position};

use super::station::Station;
use super::{hours, is_between, kwh, minutes, optional_moment, optional_text};
use crate::language::{Moment, Parameters, RhaiResult};

#[derive(Debug, Clone)]
pub(crate) struct Session(Arc<Facts>);

#[derive(Debug)]
struct Facts {
    now: Timestamp,
    purpose: Purpose,
    session: SessionFacts,
    station: Station,
    token: Option<Arc<TokenFacts>>,
    periods: Periods,
    parameters: Parameters,
}

#[derive(Debug, Clone)]
struct Periods(Arc<[PricingPeriod]>);

#[derive(Debug, Clone)]
pub(crate) struct Period {
    /// Its place in the session, from 0.
    pub(crate) at: usize,
    facts: PricingPeriod,
}

#[derive(Debug, Clone)]
pub(crate) struct Token(pub(crate) Arc<TokenFacts>);

impl Session {
    pub(crate) fn new(input: &PricingInput, parameters: Parameters) -> Self {
        Self(Arc::new(Facts {
            now: input.now,
            purpose: input.purpose,
            session: input.session.clone(),
            station: Station::new(&input.station),
            token: input.token.clone().map(Arc::new),
            periods: Periods(input.periods.as_slice().into()),
            parameters,
        }))
    }
}

impl IntoIterator for Periods {
    type Item = Period;
    type IntoIter = Box<dyn Iterator<Item = Period> + Send + Sync>;

    fn into_iter(self) -> Self::IntoIter {
        Box::new((0..self.0.len()).map(move |at| Period { at, facts: self.0[at].clone() }))
    }
}

pub(super) fn register(engine: &mut Engine) {
    register_session(engine);
    register_periods(engine);
    engine.register_type_with_name::<Token>("token");
    engine.register_get("type", |token: &mut Token| ImmutableString::from(token.0.kind.as_str()));
    engine.register_get("group", |token: &mut Token| optional_text(token.0.group.as_ref()));
    engine.register_get("provider", |token: &mut Token| optional_text(token.0.provider.as_ref()));
}

fn register_session(engine: &mut Engine) {
    engine.register_type_with_name::<Session>("session");
    engine.register_get("id", |session: &mut Session| ImmutableString::from(session.0.session.id.as_str()));
    engine.register_get("now", |session: &mut Session| Moment(session.0.now));
    engine.register_get("is_final", |session: &mut Session| session.0.purpose.is_final());
    engine.register_get("purpose", |session: &mut Session| session.0.purpose.as_str());
    engine.register_get("started_at", |session: &mut Session| Moment(session.0.session.started_at));
    engine.register_get("ended_at", |session: &mut Session| optional_moment(session.0.session.ended_at));
    engine.register_get("energy_wh", |session: &mut Session| session.0.session.energy.wh());
    engine.register_get("energy_kwh", |session: &mut Session| kwh(session.0.session.energy));
    engine.register_get("exported_wh", |session: &mut Session| session.0.session.exported.wh());
    engine.register_get("exported_kwh", |session: &mut Session| kwh(session.0.session.exported));
    engine.register_get("duration_s", |session: &mut Session| session.0.session.duration_s);
    engine.register_get("minutes", |session: &mut Session| minutes(session.0.session.duration_s));
    engine.register_get("hours", |session: &mut Session| hours(session.0.session.duration_s));
    engine
        .register_get("time_zone", |session: &mut Session| ImmutableString::from(session.0.session.time_zone.as_str()));
    engine.register_get("station", |session: &mut Session| session.0.station.clone());
    engine.register_get("token", |session: &mut Session| {
        session.0.token.clone().map_or(Dynamic::UNIT, |token| Dynamic::from(Token(token)))
    });
    engine.register_get("periods", |session: &mut Session| session.0.periods.clone());
    for name in ["parameters", "params"] {
        engine.register_get(name, |session: &mut Session| session.0.parameters.clone());
    }
    engine.register_fn("local_date", |session: &mut Session, at: Moment| at.local_date(&session.0.session.time_zone));
    engine.register_fn("local_day_of_year", |session: &mut Session, at: Moment| {
        at.local_day_of_year(&session.0.session.time_zone)
    });
    engine.register_fn("next_local_time", |session: &mut Session, minute: i64| {
        Moment(session.0.now).next_local(&session.0.session.time_zone, minute)
    });
}

fn register_periods(engine: &mut Engine) {
    engine.register_type_with_name::<Periods>("periods");
    engine.register_iterator::<Periods>();
    engine.register_fn("len", |periods: &mut Periods| i64::try_from(periods.0.len()).unwrap_or(i64::MAX));
    engine.register_fn("is_empty", |periods: &mut Periods| periods.0.is_empty());
    engine.register_indexer_get(|periods: &mut Periods, at: i64| -> RhaiResult<Period> {
        let period = usize::try_from(at).ok().and_then(|at| Some(Period { at, facts: periods.0.get(at)?.clone() }));
        Ok(period.ok_or_else(|| EvalAltResult::ErrorArrayBounds(periods.0.len(), at, Position::NONE))?)
    });

    engine.register_type_with_name::<Period>("period");
    engine.register_get("started_at", |period: &mut Period| Moment(period.facts.started_at));
    engine.register_get("ended_at", |period: &mut Period| Moment(period.facts.ended_at));
    engine.register_get("duration_s", |period: &mut Period| period.facts.duration_s);
    engine.register_get("minutes", |period: &mut Period| minutes(period.facts.duration_s));
    engine.register_get("hours", |period: &mut Period| hours(period.facts.duration_s));
    engine.register_get("energy_wh", |period: &mut Period| period.facts.energy.wh());
    engine.register_get("energy_kwh", |period: &mut Period| kwh(period.facts.energy));
    engine.register_get("exported_wh", |period: &mut Period| period.facts.exported.wh());
    engine.register_get("exported_kwh", |period: &mut Period| kwh(period.facts.exported));
    engine.register_get("state", |period: &mut Period| ImmutableString::from(period.facts.state.as_str()));
    engine.register_get("is_charging", |period: &mut Period| period.facts.state == ChargingState::Charging);
    engine.register_get("is_suspended", |period: &mut Period| period.facts.state == ChargingState::Suspended);
    engine.register_get("is_idle", |period: &mut Period| period.facts.state == ChargingState::Idle);
    engine.register_get("date", |period: &mut Period| ImmutableString::from(period.facts.date.to_string()));
    engine.register_get("weekday", |period: &mut Period| i64::from(period.facts.weekday));
    engine.register_get("is_weekend", |period: &mut Period| period.facts.weekday >= 6);
    engine.register_get("minute_of_day", |period: &mut Period| i64::from(period.facts.minute_of_day));
    engine.register_fn("is_between", |period: &mut Period, from: i64, to: i64| {
        is_between(i64::from(period.facts.minute_of_day), from, to)
    });
}
