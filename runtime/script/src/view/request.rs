//! `fn authorize(request)`: the token that is shown, where and when. What a script reads of it is noted, exactly: an answer
//! stands for every request that has the same in what was read.

use std::sync::Arc;

use amprule_domain::Timestamp;
use amprule_domain::authorization::{AuthorizationInput, BudgetFacts, LocalTime, PlaceKept, PresentedToken, Purpose};
use amprule_domain::facts::Fact;
use amprule_domain::token::{BudgetPeriod, TokenStatus};
use rhai::{Dynamic, Engine, ImmutableString};

use super::station::Station;
use super::{is_between, optional_moment, optional_text};
use crate::language::{Moment, Parameters, call};

#[derive(Debug, Clone)]
pub(crate) struct Request(Arc<Shown>);

#[derive(Debug)]
struct Shown {
    now: Timestamp,
    purpose: Purpose,
    station: Station,
    token: Token,
    local: LocalTime,
    open_sessions: u32,
    reservation: Option<PlaceKept>,
    parameters: Parameters,
}

#[derive(Debug, Clone)]
struct Token(Arc<PresentedToken>);

#[derive(Debug, Clone, Copy)]
struct Budget(BudgetFacts);

#[derive(Debug, Clone, Copy)]
struct Reservation(PlaceKept);

impl Request {
    pub(crate) fn new(input: &AuthorizationInput, parameters: Parameters) -> Self {
        Self(Arc::new(Shown {
            now: input.now,
            purpose: input.purpose,
            station: Station::new(&input.station),
            token: Token(Arc::new(input.token.clone())),
            local: input.local.clone(),
            open_sessions: input.open_sessions,
            reservation: input.reservation,
            parameters,
        }))
    }

    fn read(&self, fact: Fact) -> &Shown {
        call::note(fact);
        &self.0
    }
}

impl Token {
    fn read(&self) -> &PresentedToken {
        call::note(Fact::Token);
        &self.0
    }
}

pub(super) fn register(engine: &mut Engine) {
    register_request(engine);
    register_token(engine);
    // Not noted: budget and reservation are reached through what is.
    engine.register_type_with_name::<Reservation>("reservation");
    engine.register_get("id", |reservation: &mut Reservation| reservation.0.id);
    engine.register_get("yours", |reservation: &mut Reservation| reservation.0.yours);
    engine.register_get("expires_at", |reservation: &mut Reservation| Moment(reservation.0.expires_at));
    engine.register_type_with_name::<Budget>("budget");
    engine.register_get("amount", |budget: &mut Budget| budget.0.amount);
    engine.register_get("spent", |budget: &mut Budget| budget.0.spent);
    engine.register_get("rest", |budget: &mut Budget| budget.0.amount.saturating_sub(budget.0.spent));
    engine.register_get("currency", |budget: &mut Budget| ImmutableString::from(budget.0.currency.as_str()));
    engine.register_get("period", |budget: &mut Budget| match budget.0.period {
        BudgetPeriod::Day => "day",
        BudgetPeriod::Month => "month",
        BudgetPeriod::Total => "total",
    });
}

/// A fact's getter reads it. Those of station, token and parameters only hand on what is read by getters of its own.
fn register_request(engine: &mut Engine) {
    engine.register_type_with_name::<Request>("request");
    engine.register_get("now", |request: &mut Request| Moment(request.read(Fact::Now).now));
    engine.register_get("purpose", |request: &mut Request| match request.read(Fact::Purpose).purpose {
        Purpose::Authorize => "authorize",
        Purpose::Start => "start",
    });
    engine.register_get("station", |request: &mut Request| request.0.station.clone());
    engine.register_get("token", |request: &mut Request| request.0.token.clone());
    engine.register_get("open_sessions", |request: &mut Request| {
        i64::from(request.read(Fact::OpenSessions).open_sessions)
    });
    engine.register_get("reservation", |request: &mut Request| {
        let kept = request.read(Fact::Reservation).reservation;
        kept.map_or(Dynamic::UNIT, |kept| Dynamic::from(Reservation(kept)))
    });
    engine.register_get("time_zone", |request: &mut Request| {
        ImmutableString::from(request.read(Fact::TimeZone).local.time_zone.as_str())
    });
    engine.register_get("date", |request: &mut Request| {
        ImmutableString::from(request.read(Fact::Date).local.date.as_str())
    });
    engine.register_get("weekday", |request: &mut Request| i64::from(request.read(Fact::Date).local.weekday));
    engine.register_get("is_weekend", |request: &mut Request| request.read(Fact::Date).local.weekday >= 6);
    engine.register_get("minute_of_day", |request: &mut Request| {
        i64::from(request.read(Fact::MinuteOfDay).local.minute_of_day)
    });
    engine.register_fn("is_between", |request: &mut Request, from: i64, to: i64| {
        is_between(i64::from(request.read(Fact::MinuteOfDay).local.minute_of_day), from, to)
    });
    for name in ["parameters", "params"] {
        engine.register_get(name, |request: &mut Request| request.0.parameters.clone());
    }
}

fn register_token(engine: &mut Engine) {
    engine.register_type_with_name::<Token>("token");
    engine.register_get("id", |token: &mut Token| ImmutableString::from(token.read().id_token.as_str()));
    engine.register_get("type", |token: &mut Token| ImmutableString::from(token.read().kind.as_str()));
    engine.register_get("contract", |token: &mut Token| {
        optional_text(token.read().contract.as_ref().map(|contract| &contract.id))
    });
    engine.register_get("provider", |token: &mut Token| {
        optional_text(token.read().contract.as_ref().map(|contract| &contract.provider))
    });
    engine.register_get("status", |token: &mut Token| token.read().status.map_or("unknown", TokenStatus::as_str));
    engine.register_get("group", |token: &mut Token| optional_text(token.read().group.as_ref()));
    engine.register_get("expires_at", |token: &mut Token| optional_moment(token.read().expires_at));
    engine.register_get("budget", |token: &mut Token| {
        token.read().budget.map_or(Dynamic::UNIT, |budget| Dynamic::from(Budget(budget)))
    });
}
