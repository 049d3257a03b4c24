//! GetCompositeSchedule: what all profiles together allow, moment by moment (2.0.1 K08; 1.6 3.13.3).

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::asked::{Reply, decimal, integer, list, moment, picked, refused, text, time, word};
use super::profiles::Profile;
use super::state::State;

/// What the cable of one EVSE bears, of each of three phases.
const CABLE_A: f64 = 32.0;
const VOLTS: f64 = 230.0;
/// A year.
const LONGEST_S: i64 = 31_536_000;
/// What a schedule of 2.1 says beside its limit.
const BESIDE: [&str; 4] = ["operationMode", "setpoint", "dischargeLimit", "v2xBaseline"];

/// A limit of each phase, A; of the second and the third, where they have others (2.1); on how many, and what is said beside it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Limit {
    amperes: f64,
    others: [Option<f64>; 2],
    phases: i64,
    pub(super) beside: Map<String, Value>,
}

impl State {
    pub(super) fn get_composite_schedule(&self, asked: &Value) -> Reply {
        let is_v16 = self.version.is_v16();
        let evse = integer(asked, if is_v16 { "connectorId" } else { "evseId" }).unwrap_or(-1);
        let duration = integer(asked, "duration").unwrap_or_default().clamp(0, LONGEST_S);
        if evse != 0 && self.evse(evse).is_none() {
            return Ok(refused(self.version, "Rejected", "UnknownEvse"));
        }
        let unit = text(asked, "chargingRateUnit").unwrap_or_else(|| self.usual_unit());
        if !self.takes_unit(unit) {
            return Ok(refused(self.version, "Rejected", "UnsupportedRateUnit"));
        }
        let periods = self.periods(evse, duration, unit);
        let start = time(self.now);
        if is_v16 {
            let schedule = json!({
                "duration": duration, "startSchedule": start, "chargingRateUnit": unit, "chargingSchedulePeriod": periods,
            });
            return Ok(json!({
                "status": "Accepted", "connectorId": evse, "scheduleStart": start, "chargingSchedule": schedule,
            }));
        }
        let schedule = json!({
            "evseId": evse, "duration": duration, "scheduleStart": start, "chargingRateUnit": unit,
            "chargingSchedulePeriod": periods,
        });
        Ok(json!({"status": "Accepted", "schedule": schedule}))
    }

    pub(super) fn most_a(&self, evse: i64) -> f64 {
        self.limit_at(evse, self.now).amperes
    }

    fn usual_unit(&self) -> &str {
        let first = self.profiles.first().and_then(|profile| profile.schedules().first());
        first.map_or("A", |schedule| word(schedule, "chargingRateUnit"))
    }

    fn periods(&self, evse: i64, duration: i64, unit: &str) -> Vec<Value> {
        let mut moments: BTreeSet<i64> =
            self.profiles.iter().flat_map(|profile| self.turns(profile, duration)).collect();
        moments.insert(0);
        let mut last: Option<Limit> = None;
        let mut periods = Vec::new();
        for second in moments.into_iter().filter(|second| (0..duration.max(1)).contains(second)) {
            let limit = self.limit_at(evse, later(self.now, second));
            if last.as_ref() != Some(&limit) {
                periods.push(limit.said(second, unit));
                last = Some(limit);
            }
        }
        periods
    }

    /// The seconds from now at which a profile may change what it says.
    fn turns(&self, profile: &Profile, duration: i64) -> Vec<i64> {
        let mut turns: Vec<i64> = ["validFrom", "validTo"]
            .into_iter()
            .filter_map(|member| moment(&profile.value, member))
            .map(|at| at.duration_since(self.now).as_secs())
            .collect();
        let Some(schedule) = profile.schedules().first() else { return turns };
        let every = profile.recurs_every();
        let begin = self.began(profile, schedule).duration_since(self.now).as_secs();
        let first = every.map_or(begin, |every| begin.rem_euclid(every) - every);
        let repeats = every.map_or(1, |every| duration / every + 3);
        for repeat in 0..repeats {
            let at = first + repeat * every.unwrap_or_default();
            let starts = list(schedule, "chargingSchedulePeriod").iter().filter_map(|one| integer(one, "startPeriod"));
            turns.extend(starts.map(|start| at.saturating_add(start)));
            let lasts_from = if profile.kind() == "Dynamic" { self.updated(profile) } else { at };
            turns.extend(integer(schedule, "duration").map(|length| lasts_from.saturating_add(length)));
        }
        turns
    }

    /// Of a dynamic profile, in seconds from now: it lasts from then on (2.1 K28.FR.13).
    fn updated(&self, profile: &Profile) -> i64 {
        let updated = moment(&profile.value, "dynUpdateTime").unwrap_or(profile.received);
        updated.duration_since(self.now).as_secs()
    }

    fn began(&self, profile: &Profile, schedule: &Value) -> Timestamp {
        let running = self.transactions.iter().find(|running| running.evse == profile.evse);
        match profile.kind() {
            // An idle EVSE counts as if a car came now.
            "Relative" => running.map_or(self.now, |running| running.began),
            _ => moment(schedule, "startSchedule").unwrap_or(profile.received),
        }
    }

    fn limit_at(&self, evse: i64, at: Timestamp) -> Limit {
        let of = |purpose: &str, evse: i64| self.highest(purpose, evse, at);
        let count = if evse == 0 { self.evses.len() as f64 } else { 1.0 };
        let cable = Limit { amperes: CABLE_A * count, others: [None; 2], phases: 3, beside: Map::new() };
        let generated = of("LocalGeneration", 0).map_or(0.0, |limit| limit.amperes);
        let station = of("ChargingStationMaxProfile", 0)
            .into_iter()
            .map(|limit| Limit { amperes: limit.amperes + generated, ..limit });
        let own = if evse == 0 { None } else { self.of_transaction(evse, at) };
        let beside = own.as_ref().map(|limit| limit.beside.clone()).unwrap_or_default();
        Limit { beside, ..own.into_iter().chain(station).fold(cable, Limit::within) }
    }

    /// A priority replaces the transaction's profile, which replaces the default.
    pub(super) fn of_transaction(&self, evse: i64, at: Timestamp) -> Option<Limit> {
        let is_urgent = self.transactions.iter().any(|running| running.evse == evse && running.has_priority);
        let urgent = || {
            let here = self.highest("PriorityCharging", evse, at);
            here.or_else(|| self.highest("PriorityCharging", 0, at))
        };
        let urgent = is_urgent.then(urgent).flatten();
        let own = || self.highest("TxProfile", evse, at);
        let here = || self.highest("TxDefaultProfile", evse, at);
        urgent.or_else(own).or_else(here).or_else(|| self.highest("TxDefaultProfile", 0, at))
    }

    /// Of the profiles that say something at that moment, the one with the highest level.
    fn highest(&self, purpose: &str, evse: i64, at: Timestamp) -> Option<Limit> {
        let there = self.profiles.iter().filter(|one| one.purpose() == purpose && one.evse == evse);
        let valid = there.filter_map(|profile| Some((profile.stack_level(), self.limit_of(profile, at)?)));
        valid.max_by_key(|(level, _)| *level).map(|(_, limit)| limit)
    }

    fn limit_of(&self, profile: &Profile, at: Timestamp) -> Option<Limit> {
        let from = moment(&profile.value, "validFrom").unwrap_or(Timestamp::MIN);
        let to = moment(&profile.value, "validTo").unwrap_or(Timestamp::MAX);
        if at < from || at >= to {
            return None;
        }
        let schedule = profile.schedules().first()?;
        let since = at.duration_since(self.began(profile, schedule)).as_secs();
        let since = profile.recurs_every().map_or(since, |every| since.rem_euclid(every));
        let passed = match profile.kind() {
            "Dynamic" => at.duration_since(self.now).as_secs() - self.updated(profile),
            _ => since,
        };
        if since < 0 || integer(schedule, "duration").is_some_and(|length| passed >= length) {
            return None;
        }
        let periods = list(schedule, "chargingSchedulePeriod");
        let period = periods.iter().rfind(|one| integer(one, "startPeriod").is_some_and(|start| start <= since))?;
        // K01.FR.49; 1.6, 7.14.
        let phases = integer(period, "numberPhases").unwrap_or(3);
        let others = ["limit_L2", "limit_L3"].map(|member| decimal(period, member));
        // Watts of all phases, or of each where they are named (K01.FR.50).
        let shares = if others == [None; 2] { phases as f64 } else { 1.0 };
        let factor = if word(schedule, "chargingRateUnit") == "A" { 1.0 } else { 1.0 / (VOLTS * shares) };
        let amperes = decimal(period, "limit").map_or(CABLE_A, |limit| limit * factor);
        let others = others.map(|limit| limit.map(|limit| limit * factor));
        Some(Limit { amperes, others, phases, beside: picked(period, &BESIDE) })
    }
}

impl Limit {
    /// The least of each phase, on as many as both allow (2.1 K01.FR.140).
    fn within(self, other: Self) -> Self {
        let least = |phase: usize| match (self.others[phase], other.others[phase]) {
            (None, None) => None,
            (one, two) => Some(one.unwrap_or(self.amperes).min(two.unwrap_or(other.amperes))),
        };
        let (others, amperes) = ([least(0), least(1)], self.amperes.min(other.amperes));
        Self { amperes, others, phases: self.phases.min(other.phases), ..self }
    }

    fn said(&self, second: i64, unit: &str) -> Value {
        let shares = if self.others == [None; 2] { self.phases as f64 } else { 1.0 };
        let factor = if unit == "A" { 1.0 } else { VOLTS * shares };
        let rounded = |amperes: f64| json!((amperes * factor * 10.0).round() / 10.0);
        let mut said = self.beside.clone();
        said.insert("startPeriod".to_owned(), json!(second));
        said.insert("limit".to_owned(), rounded(self.amperes));
        for (member, limit) in ["limit_L2", "limit_L3"].into_iter().zip(self.others) {
            said.extend(limit.map(|limit| (member.to_owned(), rounded(limit))));
        }
        said.insert("numberPhases".to_owned(), json!(self.phases));
        Value::Object(said)
    }
}

impl Profile {
    /// In seconds.
    fn recurs_every(&self) -> Option<i64> {
        match (self.kind(), word(&self.value, "recurrencyKind")) {
            ("Recurring", "Weekly") => Some(604_800),
            ("Recurring", _) => Some(86_400),
            _ => None,
        }
    }
}

fn later(at: Timestamp, seconds: i64) -> Timestamp {
    at.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(at)
}
