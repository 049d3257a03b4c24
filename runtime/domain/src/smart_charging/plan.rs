//! How a car means to charge, held against what it may draw (OCPP 2.0.1, K15 to K17).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::composite::{Back, Installed, OtherPhases, Piece, Question, composite};
use super::profile::{Period, Purpose, Schedule, Unit};

/// V between a phase and neutral, and phases where nobody says how many.
const VOLTS: f64 = 230.0;
const PHASES: u8 = 3;
/// Of a limit, and at least so much: rounding.
const OFF_SHARE: f64 = 0.01;
const OFF: f64 = 0.1;
/// Of a limit in the other unit: the voltage is not exactly that.
const OFF_SHARE_OF_ANOTHER: f64 = 0.1;
/// s. A car's schedule begins a little after the one that it was given.
const SLACK_S: i64 = 15;
/// s. Of a schedule that has no end so much is looked at, and of none more.
const LONGEST_S: i64 = 86_400;
/// A profile offers a car so many schedules at most (K15.FR.07).
const OFFERED_MAX: usize = 3;

/// NotifyEVChargingSchedule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    pub evse: u32,
    /// The request, as it came.
    pub schedule: Value,
    /// Found out before it is answered.
    #[serde(default, skip_serializing_if = "Standing::is_within")]
    pub standing: Standing,
}

/// How a car's plan stands to what it may draw there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// It keeps within what is known of; where nothing is, too.
    #[default]
    Within,
    /// It does not: the car is told once more what it may draw.
    Renegotiated,
    /// It does not, and the car has been told often enough, or charges in no transaction.
    Beyond,
}

impl Standing {
    pub fn is_within(&self) -> bool {
        *self == Self::Within
    }
}

impl Plan {
    /// Whether the car draws more than it may at some time that is to come, for longer than a moment. A schedule that cannot be read
    /// does not. `transaction`: what runs there, and since when.
    pub fn exceeds(&self, known: &[Installed], transaction: Option<(&str, Timestamp)>, now: Timestamp) -> bool {
        let Some(meant) = Meant::read(&self.schedule, now) else { return false };
        let question = Question {
            evse: self.evse,
            from: meant.from,
            duration: meant.lasts_s,
            unit: meant.schedule.unit,
            transaction,
            volts: VOLTS,
            phases: PHASES,
        };
        let selected = self.schedule["selectedChargingScheduleId"].as_i64();
        // In 2.0.1 a car does not say which one it chose.
        (0..OFFERED_MAX).all(|which| {
            let offered: Vec<Installed> = known.iter().map(|held| offering(held, which, selected)).collect();
            meant.exceeds(&composite(&offered, &question), is_in_another_unit(known, meant.schedule.unit))
        })
    }
}

/// The same, with the schedule first that the car chose.
fn offering(held: &Installed, which: usize, selected: Option<i64>) -> Installed {
    let mut held = held.clone();
    if held.profile.purpose == Purpose::Transaction {
        let schedules = &mut held.profile.schedules;
        let named = schedules.iter().position(|schedule| Some(schedule.id) == selected);
        if let Some(chosen) = named.or((which < schedules.len()).then_some(which)) {
            schedules.swap(0, chosen);
        }
    }
    held
}

fn is_in_another_unit(known: &[Installed], unit: Unit) -> bool {
    known.iter().flat_map(|held| &held.profile.schedules).any(|schedule| schedule.unit != unit)
}

/// What of it is still to come.
struct Meant {
    /// Its periods are in order.
    schedule: Schedule,
    from: Timestamp,
    /// s after its beginning
    passed_s: i64,
    lasts_s: i64,
}

impl Meant {
    fn read(told: &Value, now: Timestamp) -> Option<Self> {
        let schedule = &told["chargingSchedule"];
        // Some write a list of one.
        let schedule = schedule.as_array().map_or(Some(schedule), |list| list.first())?;
        let mut schedule: Schedule = serde_json::from_value(schedule.clone()).ok()?;
        schedule.periods.sort_by_key(|period| period.start_period);
        let base: Timestamp = told["timeBase"].as_str().and_then(|at| at.parse().ok()).unwrap_or(now);
        let from = base.max(now);
        let passed_s = from.as_second() - base.as_second();
        let left_s = schedule.duration.map_or(LONGEST_S, |duration| duration.saturating_sub(passed_s));
        let lasts_s = left_s.min(LONGEST_S);
        (lasts_s > 0).then_some(Self { schedule, from, passed_s, lasts_s })
    }

    fn exceeds(&self, allowed: &[Piece], is_converted: bool) -> bool {
        let own = self.schedule.periods.iter().map(|period| period.start_period.saturating_sub(self.passed_s).max(0));
        let mut moments = own.chain(allowed.iter().map(|piece| piece.start_period));
        let share = if is_converted { OFF_SHARE_OF_ANOTHER } else { OFF_SHARE };
        let exceeds_at = |at: i64| {
            let period = self.schedule.periods.iter().rfind(|period| period.start_period - self.passed_s <= at);
            let piece = allowed.iter().rfind(|piece| piece.start_period <= at);
            period.zip(piece).is_some_and(|(period, piece)| is_beyond(period, piece, self.schedule.unit, share))
        };
        moments.any(|at| at + SLACK_S < self.lasts_s && exceeds_at(at) && exceeds_at(at + SLACK_S))
    }
}

fn is_beyond(period: &Period, piece: &Piece, unit: Unit, share: f64) -> bool {
    let is_more = |meant: f64, allowed: f64| meant > allowed + (allowed.abs() * share).max(OFF);
    let draws = amounts(period, piece, unit).into_iter().any(|(meant, allowed)| match (meant, allowed) {
        (Some(meant), Some(allowed)) => is_more(meant, allowed),
        _ => false,
    });
    let Back { discharge_limit, .. } = piece.back;
    draws || period.discharge_limit.zip(discharge_limit).is_some_and(|(meant, allowed)| is_more(-meant, -allowed))
}

/// Meant and allowed: of each phase; of watts, all that they are together, where not both sides name the phases.
fn amounts(period: &Period, piece: &Piece, unit: Unit) -> [(Option<f64>, Option<f64>); 3] {
    let own = OtherPhases { l2: period.limit_l2, l3: period.limit_l3 };
    let (limit, others, none) = (piece.limit, piece.others, OtherPhases::default());
    match unit {
        Unit::A => [
            (period.limit, limit),
            (own.l2.or(period.limit), others.l2.or(limit)),
            (own.l3.or(period.limit), others.l3.or(limit)),
        ],
        Unit::W if own != none && others != none => [(period.limit, limit), (own.l2, others.l2), (own.l3, others.l3)],
        Unit::W => {
            let meant = period.limit.map(|limit| limit + own.l2.unwrap_or(0.0) + own.l3.unwrap_or(0.0));
            // A phase that nothing limits leaves the sum without a limit.
            let allowed = if others == none { limit } else { sum([limit, others.l2, others.l3]) };
            [(meant, allowed), (None, None), (None, None)]
        }
    }
}

fn sum(of: [Option<f64>; 3]) -> Option<f64> {
    of.into_iter().sum()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn at(time: &str) -> Timestamp {
        format!("2026-07-01T{time}:00Z").parse().expect("a time")
    }

    /// `[[start, limit]]`
    fn schedule(unit: &str, periods: &Value, more: &Value) -> Value {
        let period = |said: &Value| json!({"startPeriod": said[0], "limit": said[1]});
        let periods: Vec<_> = periods.as_array().expect("a list").iter().map(period).collect();
        let mut schedule = json!({"id": 1, "chargingRateUnit": unit, "chargingSchedulePeriod": periods});
        schedule.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        schedule
    }

    fn profile(schedules: &[Value]) -> Installed {
        let profile = json!({
            "id": 1, "stackLevel": 0, "chargingProfilePurpose": "TxProfile", "chargingProfileKind": "Absolute",
            "transactionId": "t-1", "chargingSchedule": schedules,
        });
        Installed::new(1, serde_json::from_value(profile).expect("a profile"))
    }

    fn given(unit: &str, periods: Value) -> Installed {
        profile(&[schedule(unit, &periods, &json!({"startSchedule": "2026-07-01T09:00:00Z"}))])
    }

    fn plan(schedule: Value, more: Value) -> Plan {
        let mut told = json!({"timeBase": "2026-07-01T09:00:00Z", "evseId": 1, "chargingSchedule": schedule});
        told.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        Plan { evse: 1, schedule: told, standing: Standing::Within }
    }

    #[test]
    fn a_plan_keeps_within_what_the_car_may_draw() {
        let ends = json!({"duration": 3_600});
        let none = json!({});
        let amperes = |limit: f64| schedule("A", &json!([[0, limit]]), &none);
        let ten = || vec![given("A", json!([[0, 10.0]]))];
        let falls = || vec![given("A", json!([[0, 16.0], [1_800, 6.0]]))];
        let of = |schedule: Value| plan(schedule, json!({}));
        let steps = |second: i64| of(schedule("A", &json!([[0, 16.0], [second, 6.0]]), &none));
        let by_phase = |l3: f64| {
            let mut schedule = amperes(10.0);
            schedule["chargingSchedulePeriod"][0]["limit_L3"] = json!(l3);
            of(schedule)
        };
        let cases = [
            ("less", ten(), of(amperes(8.0)), false),
            ("as much", ten(), of(amperes(10.0)), false),
            ("a rounding more", ten(), of(amperes(10.1)), false),
            ("more", ten(), of(amperes(16.0)), true),
            ("watts of all phases", ten(), of(schedule("W", &json!([[0, 6_900.0]]), &none)), false),
            ("watts at a higher voltage", ten(), of(schedule("W", &json!([[0, 7_250.0]]), &none)), false),
            ("too many watts", ten(), of(schedule("W", &json!([[0, 11_000.0]]), &none)), true),
            ("nothing limits it", vec![], of(amperes(32.0)), false),
            ("it falls with the limit", falls(), steps(1_800), false),
            ("it falls a moment later", falls(), steps(1_805), false),
            ("it falls too late", falls(), steps(2_400), true),
            (
                "it ends before the limit falls",
                falls(),
                of(schedule("A", &json!([[0, 16.0]]), &json!({"duration": 1_800}))),
                false,
            ),
            ("it does not end", falls(), of(amperes(16.0)), true),
            (
                "what is over does not count",
                ten(),
                plan(schedule("A", &json!([[0, 16.0], [60, 8.0]]), &ends), json!({"timeBase": "2026-07-01T08:59:00Z"})),
                false,
            ),
            (
                "all of it is over",
                ten(),
                plan(schedule("A", &json!([[0, 16.0]]), &ends), json!({"timeBase": "2026-07-01T07:00:00Z"})),
                false,
            ),
            ("one phase draws more", ten(), by_phase(14.0), true),
            ("none does", ten(), by_phase(9.0), false),
            ("a setpoint alone", ten(), of(schedule("W", &json!([[0, null]]), &none)), false),
            ("in a list", ten(), of(json!([amperes(16.0)])), true),
            ("nothing that can be read", ten(), plan(json!([]), json!({})), false),
        ];
        for (title, known, plan, expect) in cases {
            assert_eq!(plan.exceeds(&known, Some(("t-1", at("08:30"))), at("09:00")), expect, "{title}");
        }
    }

    #[test]
    fn a_car_chooses_among_the_schedules_that_it_is_offered() {
        let start = |id: i64| json!({"id": id, "startSchedule": "2026-07-01T09:00:00Z"});
        let offered = [(1, 10.0), (2, 16.0)].map(|(id, limit)| schedule("A", &json!([[0, limit]]), &start(id)));
        let meant = |more: Value| {
            let plan = plan(schedule("A", &json!([[0, 16.0]]), &json!({})), more);
            plan.exceeds(&[profile(&offered)], Some(("t-1", at("08:30"))), at("09:00"))
        };
        assert!(!meant(json!({})), "2.0.1 does not say which");
        assert!(!meant(json!({"selectedChargingScheduleId": 2})));
        assert!(meant(json!({"selectedChargingScheduleId": 1})));
    }
}
