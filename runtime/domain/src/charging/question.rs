//! A hook's input, made of what we know of session, station and token.

use jiff::Timestamp;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;

use super::Question;
use crate::Energy;
use crate::authorization::{AuthorizationInput, BudgetFacts, LocalTime, PlaceKept, PresentedToken};
use crate::contract::Contract;
use crate::event::{Boot, ChargingState};
use crate::place::{Plug, Site, plug_of};
use crate::pricing::{Parameters, PricingInput, PricingPeriod, Purpose, SessionFacts, StationFacts, TokenFacts};
use crate::reported::Reported;
use crate::session::{Session, SessionState};
use crate::station::StationRecord;
use crate::timeline::{Fitted, Period, TariffClock, Timeline, crossing};
use crate::token::{Budget, BudgetPeriod, TokenRecord};

/// What the operator's record says about a token that was shown.
#[derive(Debug, Clone, Default)]
pub struct KnownToken {
    pub record: Option<TokenRecord>,
    /// In the budget's currency and period; zero without a budget.
    pub spent: Decimal,
    pub open_sessions: u32,
    pub reservation: Option<PlaceKept>,
}

pub fn authorization_input(
    record: &StationRecord,
    reported: &Reported,
    question: Question,
    known: KnownToken,
    now: Timestamp,
) -> AuthorizationInput {
    let KnownToken { record: token, spent, open_sessions, reservation } = known;
    let token = token.as_ref();
    let local = now.to_zoned(record.zone());
    AuthorizationInput {
        now,
        purpose: question.purpose,
        station: facts(record, reported, question.evse, question.connector),
        token: PresentedToken {
            contract: Contract::of(&question.token.kind, &question.token.id_token),
            id_token: question.token.id_token,
            kind: question.token.kind,
            status: token.map(|token| token.status),
            group: token.and_then(|token| token.group.clone()),
            expires_at: token.and_then(|token| token.expires_at),
            budget: token.and_then(|token| token.budget).map(|budget| BudgetFacts {
                amount: budget.amount,
                currency: budget.currency,
                period: budget.period,
                spent,
            }),
        },
        local: LocalTime {
            time_zone: record.time_zone.clone(),
            weekday: iso_weekday(local.weekday()),
            minute_of_day: minute_of_day(&local),
            date: local.date().to_string(),
        },
        open_sessions,
        reservation,
        lookups: Vec::new(),
        parameters: Parameters::default(),
    }
}

/// Since when a budget counts, in the station's zone.
pub fn budget_since(budget: &Budget, zone: &TimeZone, now: Timestamp) -> Timestamp {
    let date = now.to_zoned(zone.clone()).date();
    let first = match budget.period {
        BudgetPeriod::Day => date,
        BudgetPeriod::Month => date.first_of_month(),
        BudgetPeriod::Total => return Timestamp::MIN,
    };
    first.to_zoned(zone.clone()).map_or(Timestamp::MIN, |zoned| zoned.timestamp())
}

pub fn pricing_input(record: &StationRecord, reported: &Reported, session: &Session, now: Timestamp) -> PricingInput {
    let until = session.ended_at.unwrap_or(session.timeline.at.max(session.started_at));
    let zone = TimeZone::get(&session.time_zone).unwrap_or(TimeZone::UTC);
    PricingInput {
        now,
        purpose: match session.state {
            SessionState::Ended if session.bill > 0 => Purpose::Correction,
            SessionState::Ended => Purpose::Final,
            _ => Purpose::Running,
        },
        session: SessionFacts {
            id: session.id.to_string(),
            started_at: session.started_at,
            ended_at: session.ended_at,
            energy: session.energy(),
            exported: session.exported(),
            duration_s: until.as_second() - session.started_at.as_second(),
            time_zone: session.time_zone.clone(),
        },
        station: facts_of(session, record, reported),
        token: session.token.as_ref().map(|token| TokenFacts {
            kind: token.kind.clone(),
            group: session.token_group.clone(),
            provider: Contract::of(&token.kind, &token.id_token).map(|contract| contract.provider),
        }),
        periods: periods(&session.timeline, session.given_back.as_deref(), &zone),
        parameters: Parameters::default(),
    }
}

/// With what was given back in each; what is told of the time behind the last one is the last one's.
fn periods(timeline: &Timeline, given: Option<&Timeline>, zone: &TimeZone) -> Vec<PricingPeriod> {
    let mut periods: Vec<_> = timeline.all().map(|period| pricing_period(period, zone)).collect();
    let all = given.map_or(Energy::ZERO, |given| given.energy_until(Timestamp::MAX));
    let Some(given) = given.filter(|_| all > Energy::ZERO) else { return periods };
    let mut before = Energy::ZERO;
    for period in &mut periods {
        let until = given.energy_until(period.ended_at);
        period.exported = until - before;
        before = until;
    }
    if let Some(last) = periods.last_mut() {
        last.exported += all - before;
    }
    periods
}

/// Where it stood when it began.
fn facts_of(session: &Session, record: &StationRecord, reported: &Reported) -> StationFacts {
    let now = facts(record, reported, session.evse, session.connector);
    let Site { plug, place } = match &session.site {
        Some(site) => site.before(Site { plug: now.plug, place: now.place }),
        None => Site { plug: now.plug, place: now.place },
    };
    StationFacts { location: session.location.clone(), plug, place, ..now }
}

/// What is known of the connector and the place now.
pub(super) fn site(record: &StationRecord, reported: &Reported, evse: u32, connector: u32) -> Site {
    let said = plug_of(&record.plugs, evse, connector);
    let power = record.power_of(evse).or_else(|| reported.powers.of(evse));
    Site { plug: Plug { power_w: said.power_w.or(power), ..said }, place: record.place.clone() }
}

pub(super) fn facts(record: &StationRecord, reported: &Reported, evse: u32, connector: u32) -> StationFacts {
    let Boot { vendor, model, .. } = &reported.identity.boot;
    let Site { plug, place } = site(record, reported, evse, connector);
    StationFacts {
        id: record.id.to_string(),
        location: record.location.clone(),
        vendor: vendor.clone(),
        model: model.clone(),
        evse,
        connector,
        plug,
        place,
    }
}

/// The same question with its periods cut where another tariff's clock changes. What a period brought is shared out over
/// its time, so it is an estimate: only the readings say when energy really flowed.
pub fn cut_anew(input: &PricingInput, boundaries: &[u16]) -> PricingInput {
    let zone = zone(input);
    with_periods(input, &timeline(input).shared_out(&TariffClock::new(zone.clone(), boundaries)), &zone)
}

/// The question as a tariff of these boundaries must have it: each period within one stretch of its clock. True: what
/// flowed in them is an estimate, as in [`cut_anew`]. `None`: they are so already.
pub fn fitted(input: &PricingInput, boundaries: &[u16]) -> Option<(PricingInput, bool)> {
    let zone = zone(input);
    let clock = TariffClock::new(zone.clone(), boundaries);
    crossing(input.periods.iter().map(PricingPeriod::stretch), &clock).next()?;
    let Fitted { timeline, is_estimate } = timeline(input).fitted(&clock)?;
    let given = given(input).fitted(&clock);
    let is_estimate = is_estimate || given.is_some_and(|given| given.is_estimate);
    Some((with_periods(input, &timeline, &zone), is_estimate))
}

fn zone(input: &PricingInput) -> TimeZone {
    TimeZone::get(&input.session.time_zone).unwrap_or(TimeZone::UTC)
}

fn timeline(input: &PricingInput) -> Timeline {
    let state = input.periods.first().map_or(ChargingState::Charging, |period| period.state);
    let mut timeline = Timeline::new(input.session.started_at, state);
    timeline.periods = input.periods.iter().map(PricingPeriod::stretch).collect();
    timeline
}

/// Of what was given back.
fn given(input: &PricingInput) -> Timeline {
    let mut timeline = Timeline::new(input.session.started_at, ChargingState::Charging);
    let exported = |period: &PricingPeriod| Period { energy: period.exported, ..period.stretch() };
    timeline.periods = input.periods.iter().map(exported).collect();
    timeline
}

fn with_periods(input: &PricingInput, timeline: &Timeline, zone: &TimeZone) -> PricingInput {
    PricingInput { periods: periods(timeline, Some(&given(input)), zone), ..input.clone() }
}

/// A period with its place in the local week.
pub fn pricing_period(period: &Period, zone: &TimeZone) -> PricingPeriod {
    let local = period.started_at.to_zoned(zone.clone());
    PricingPeriod {
        started_at: period.started_at,
        ended_at: period.ended_at,
        duration_s: period.ended_at.as_second() - period.started_at.as_second(),
        energy: period.energy,
        exported: Energy::ZERO,
        state: period.state,
        date: local.date(),
        weekday: iso_weekday(local.weekday()),
        minute_of_day: minute_of_day(&local),
    }
}

impl PricingPeriod {
    fn stretch(&self) -> Period {
        let Self { started_at, ended_at, energy, state, .. } = *self;
        Period { started_at, ended_at, energy, state }
    }
}

pub(crate) fn iso_weekday(weekday: Weekday) -> u8 {
    weekday.to_monday_one_offset().unsigned_abs()
}

pub(crate) fn minute_of_day(local: &jiff::Zoned) -> u16 {
    u16::from(local.hour().unsigned_abs()) * 60 + u16::from(local.minute().unsigned_abs())
}
