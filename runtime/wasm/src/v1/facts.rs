//! The session, its token and its periods, as tariffs and modifiers are told.

use amprule_domain::event::ChargingState;
use amprule_domain::pricing::{PricingPeriod, Purpose, SessionFacts, TokenFacts};

use super::bindings::amprule::types::types as wit;
use super::types::{lower_energy, lower_time};

pub(super) fn lower_session(session: &SessionFacts) -> wit::SessionFacts<'_> {
    wit::SessionFacts {
        id: &session.id,
        started_at: lower_time(session.started_at),
        ended_at: session.ended_at.map(lower_time),
        energy_wh: lower_energy(session.energy),
        duration_s: session.duration_s,
        time_zone: &session.time_zone,
    }
}

pub(super) fn lower_token(token: &TokenFacts) -> wit::TokenFacts<'_> {
    wit::TokenFacts { kind: &token.kind, group: token.group.as_deref(), provider: token.provider.as_deref() }
}

pub(super) fn lower_purpose(purpose: Purpose) -> wit::PricePurpose {
    match purpose {
        Purpose::Quote => wit::PricePurpose::Quote,
        Purpose::Running => wit::PricePurpose::Running,
        Purpose::Final => wit::PricePurpose::Final,
        Purpose::Correction => wit::PricePurpose::Correction,
    }
}

pub(super) fn lower_period(period: &PricingPeriod) -> wit::Period {
    wit::Period {
        started_at: lower_time(period.started_at),
        ended_at: lower_time(period.ended_at),
        duration_s: period.duration_s,
        energy_wh: lower_energy(period.energy),
        state: match period.state {
            ChargingState::Charging => wit::ChargingState::Charging,
            ChargingState::Suspended => wit::ChargingState::Suspended,
            ChargingState::Idle => wit::ChargingState::Idle,
        },
        date: wit::Date {
            year: period.date.year(),
            month: period.date.month().unsigned_abs(),
            day: period.date.day().unsigned_abs(),
        },
        weekday: period.weekday,
        minute_of_day: period.minute_of_day,
    }
}
