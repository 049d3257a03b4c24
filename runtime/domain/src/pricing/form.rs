//! How questions were written before they had a purpose and local dates: in decisions that are replayed.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::{Parameters, PricingInput, PricingPeriod, Purpose, SessionFacts, StationFacts, TokenFacts};
use crate::Energy;
use crate::event::ChargingState;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Form {
    now: Timestamp,
    purpose: Option<Purpose>,
    // Until there was a purpose.
    is_final: Option<bool>,
    session: SessionFacts,
    station: StationFacts,
    token: Option<TokenFacts>,
    periods: Vec<Stretch>,
    #[serde(default)]
    parameters: Parameters,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stretch {
    started_at: Timestamp,
    ended_at: Timestamp,
    duration_s: i64,
    #[serde(rename = "energyWh")]
    energy: Energy,
    #[serde(rename = "exportedWh", default)]
    exported: Energy,
    state: ChargingState,
    date: Option<Date>,
    weekday: u8,
    minute_of_day: u16,
}

impl Stretch {
    fn dated(self, zone: &TimeZone) -> PricingPeriod {
        let Self { started_at, ended_at, duration_s, energy, exported, state, date, weekday, minute_of_day } = self;
        let date = date.unwrap_or_else(|| zone.to_datetime(started_at).date());
        PricingPeriod { started_at, ended_at, duration_s, energy, exported, state, date, weekday, minute_of_day }
    }
}

impl From<Form> for PricingInput {
    fn from(form: Form) -> Self {
        let Form { now, purpose, is_final, session, station, token, periods, parameters } = form;
        let before = if is_final.unwrap_or(session.ended_at.is_some()) { Purpose::Final } else { Purpose::Running };
        let zone = TimeZone::get(&session.time_zone).unwrap_or(TimeZone::UTC);
        let periods = periods.into_iter().map(|period| period.dated(&zone)).collect();
        Self { now, purpose: purpose.unwrap_or(before), session, station, token, periods, parameters }
    }
}
