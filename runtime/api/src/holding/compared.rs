//! A station's own composite schedule, beside ours (OCPP 2.0.1, K08; 1.6, 5.7).

use amprule_domain::smart_charging::composite::{Back, OtherPhases, Piece};
use amprule_domain::smart_charging::profile::Unit;
use amprule_domain::{StationId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::problem::Answer;
use crate::station::call::explain;
use crate::{Api, CallOutcome};

/// Less is rounding: of a limit, and at least of so much.
const OFF_SHARE: f64 = 0.01;
const OFF: f64 = 0.5;
/// s. A station counts from when it answers.
const SLACK_S: i64 = 5;

/// What the station says may flow there.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OwnSchedule {
    /// Its word: `Accepted`, `Rejected`, or the code of an error.
    status: String,
    /// `startPeriod` in s after `from`; null where it tells none.
    #[schema(value_type = Option<Vec<Object>>)]
    periods: Option<Vec<Piece>>,
    /// Where both first say something else, and what; null where they agree as far as both limit.
    #[schema(value_type = Option<Object>)]
    difference: Option<Difference>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Difference {
    /// s after `from`
    start_period: i64,
    ours: f64,
    station: f64,
}

/// ChargingSchedulePeriodType, as far as it is compared.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    #[serde(default)]
    start_period: i64,
    limit: Option<f64>,
    number_phases: Option<u8>,
    #[serde(flatten)]
    others: OtherPhases,
    #[serde(flatten)]
    back: Back,
}

pub(super) struct Asked<'a> {
    pub(super) evse: u32,
    pub(super) from: Timestamp,
    pub(super) duration: i64,
    pub(super) unit: Unit,
    pub(super) ours: &'a [Piece],
}

pub(super) async fn own_schedule(api: &Api, station: &StationId, asked: Asked<'_>) -> Answer<OwnSchedule> {
    let action = "GetCompositeSchedule";
    let is_old = api.control.connection(station).is_some_and(|connection| connection.protocol == "ocpp1.6");
    let place = if is_old { "connectorId" } else { "evseId" };
    let payload = json!({ place: asked.evse, "duration": asked.duration, "chargingRateUnit": asked.unit });
    let outcome = api.control.call(station, action, &payload.to_string()).await;
    let answer: Value = match outcome.map_err(|failed| explain(station, action, failed))? {
        CallOutcome::Error { code, .. } => return Ok(OwnSchedule { status: code, periods: None, difference: None }),
        CallOutcome::Result(answer) => serde_json::from_str(answer.get()).unwrap_or_default(),
    };
    let status = answer["status"].as_str().unwrap_or_default().to_owned();
    let periods = told(&answer, &asked);
    let difference = periods.as_deref().and_then(|own| difference(asked.ours, own, asked.duration));
    Ok(OwnSchedule { status, periods, difference })
}

/// In 1.6 the start stands beside the schedule. In another unit than the one that it was asked for it says nothing here.
fn told(answer: &Value, asked: &Asked<'_>) -> Option<Vec<Piece>> {
    let schedule = answer.get("schedule").or(answer.get("chargingSchedule"))?;
    if schedule["chargingRateUnit"] != json!(asked.unit) {
        return None;
    }
    let start = schedule["scheduleStart"].as_str().or(answer["scheduleStart"].as_str());
    let start: Timestamp = start.and_then(|at| at.parse().ok()).unwrap_or(asked.from);
    let after_s = start.as_second() - asked.from.as_second();
    let periods: Vec<Told> = serde_json::from_value(schedule["chargingSchedulePeriod"].clone()).ok()?;
    let piece = |told: Told| Piece {
        start_period: told.start_period + after_s,
        limit: told.limit,
        number_phases: told.number_phases,
        others: told.others,
        back: told.back,
    };
    Some(periods.into_iter().map(piece).collect())
}

/// A station that nothing limits may say what it can deliver at most: only where both limit they can differ.
fn difference(ours: &[Piece], own: &[Piece], duration: i64) -> Option<Difference> {
    // A station's answer takes a moment: at the very beginning it says nothing of before.
    let begins = own.first()?.start_period.max(0);
    let mut moments: Vec<i64> = ours.iter().chain(own).map(|piece| piece.start_period.max(begins)).collect();
    moments.sort_unstable();
    moments.dedup();
    let at = |start_period: i64| {
        let (ours, station) = (limit_at(ours, start_period)?, limit_at(own, start_period)?);
        let is_off = (ours - station).abs() > (ours.abs() * OFF_SHARE).max(OFF);
        is_off.then_some(Difference { start_period, ours, station })
    };
    let lasts = |found: &Difference| at(found.start_period + SLACK_S).is_some();
    moments.into_iter().filter(|moment| *moment < duration).find_map(|moment| at(moment).filter(lasts))
}

fn limit_at(pieces: &[Piece], at: i64) -> Option<f64> {
    pieces.iter().rfind(|piece| piece.start_period <= at)?.limit
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(told: &[(i64, f64)]) -> Vec<Piece> {
        let piece = |(start_period, limit): &(i64, f64)| Piece {
            start_period: *start_period,
            limit: (*limit >= 0.0).then_some(*limit),
            number_phases: None,
            others: OtherPhases::default(),
            back: Back::default(),
        };
        told.iter().map(piece).collect()
    }

    #[test]
    fn two_schedules_differ_where_both_limit_and_say_something_else() {
        let check = |ours: &[(i64, f64)], own: &[(i64, f64)], expect: Option<i64>| {
            let found = difference(&pieces(ours), &pieces(own), 600);
            assert_eq!(found.map(|found| found.start_period), expect, "{ours:?} {own:?}");
        };
        check(&[(0, 16.0)], &[(0, 16.0)], None);
        check(&[(0, 16.0)], &[(0, 16.1)], None);
        check(&[(0, 16.0)], &[(0, 10.0)], Some(0));
        check(&[(0, 16.0), (300, 8.0)], &[(1, 16.0), (299, 8.0)], None);
        check(&[(0, 16.0), (300, 8.0)], &[(1, 16.0), (200, 8.0)], Some(200));
        check(&[(0, 16.0), (300, 8.0)], &[(0, 16.0), (900, 8.0)], Some(300));
        check(&[(0, -1.0)], &[(0, 32.0)], None);
        check(&[(0, 16.0)], &[], None);
        check(&[(0, 16.0)], &[(-5, 16.0), (700, 4.0)], None);
    }
}
