//! What a charging profile must be to be taken (2.0.1 K01, 2.1 K01 and Q; 1.6 3.13).

use jiff::Timestamp;
use serde_json::Value;

use super::asked::{integer, list, moment, word};
use super::profiles::{Profile, id_of, purpose_of, schedules_of};
use super::state::State;

/// The reason code of a rejection.
type Verdict = Result<(), &'static str>;

impl State {
    /// Whether a profile may be installed at an EVSE.
    pub(super) fn check_profile(&self, evse: i64, profile: &Value) -> Verdict {
        if evse != 0 && self.evse(evse).is_none() {
            return Err("UnknownEvse");
        }
        self.check_number(profile)?;
        self.check_purpose(evse, profile)?;
        self.check_level(profile)?;
        self.check_kind(profile)?;
        self.check_schedules(profile)?;
        self.check_neighbours(evse, profile)?;
        self.check_room(profile)
    }

    /// A profile that comes with a remote start is for the transaction that is to come (F01.FR.09 to 11).
    pub(super) fn check_for_start(&self, evse: i64, profile: &Value) -> Verdict {
        if purpose_of(profile) != "TxProfile" || profile.get("transactionId").is_some() {
            return Err("InvalidProfile");
        }
        self.check_number(profile)?;
        self.check_level(profile)?;
        self.check_kind(profile)?;
        self.check_schedules(profile)?;
        if self.evse(evse).is_none() { Err("UnknownEvse") } else { self.check_room(profile) }
    }

    /// Some numbers are for limits from outside (2.1 K01.FR.81). A station of another version has no such variable.
    fn check_number(&self, profile: &Value) -> Verdict {
        let kept = self.model.integer("SmartChargingCtrlr", "MaxExternalConstraintsId");
        if kept.is_some_and(|kept| kept > 0 && id_of(profile) <= kept) { Err("InvalidProfile") } else { Ok(()) }
    }

    fn check_purpose(&self, evse: i64, profile: &Value) -> Verdict {
        let is_v21 = self.version.is_v21();
        match purpose_of(profile) {
            "ChargingStationMaxProfile" if evse != 0 => Err("InvalidProfile"),
            "ChargingStationMaxProfile" if word(profile, "chargingProfileKind") == "Relative" => Err("InvalidProfile"),
            "LocalGeneration" if is_v21 && evse != 0 => Err("InvalidProfile"),
            "ChargingStationMaxProfile" | "TxDefaultProfile" => Ok(()),
            "LocalGeneration" | "PriorityCharging" if is_v21 => Ok(()),
            "TxProfile" if evse == 0 => Err("InvalidProfile"),
            "TxProfile" => self.check_transaction(evse, profile),
            // Others say what the grid bears (K01.FR.22).
            _ => Err("InvalidProfile"),
        }
    }

    /// 1.6 allows to leave the transaction out.
    fn check_transaction(&self, evse: i64, profile: &Value) -> Verdict {
        let running = self.transactions.iter().find(|running| running.evse == evse);
        let asked = match &profile["transactionId"] {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        match (running, asked) {
            (_, None) if !self.version.is_v16() => Err("MissingParam"),
            (Some(running), Some(asked)) if running.id == asked => Ok(()),
            (Some(_), None) => Ok(()),
            _ => Err("TxNotFound"),
        }
    }

    fn check_level(&self, profile: &Value) -> Verdict {
        let most = if self.version.is_v16() {
            self.keys.integer("ChargeProfileMaxStackLevel")
        } else {
            self.model.integer("SmartChargingCtrlr", "ProfileStackLevel")
        };
        let level = integer(profile, "stackLevel").unwrap_or(-1);
        if level < 0 || most.is_some_and(|most| level > most) { Err("InvalidStackLevel") } else { Ok(()) }
    }

    fn check_kind(&self, profile: &Value) -> Verdict {
        let starts = |schedule: &Value| schedule.get("startSchedule").is_some();
        let schedules = schedules_of(profile);
        let ok = match word(profile, "chargingProfileKind") {
            // 1.6 does not ask for the start.
            "Absolute" => self.version.is_v16() || schedules.iter().all(starts),
            "Recurring" => {
                let recurs = matches!(word(profile, "recurrencyKind"), "Daily" | "Weekly");
                recurs && (self.version.is_v16() || schedules.iter().all(starts))
            }
            "Relative" => !schedules.iter().any(starts),
            // One limit that changes from time to time (2.1 K28).
            "Dynamic" if self.version.is_v21() => {
                schedules.len() == 1 && list(&schedules[0], "chargingSchedulePeriod").len() == 1
            }
            _ => false,
        };
        if ok { Ok(()) } else { Err("InvalidSchedule") }
    }

    fn check_schedules(&self, profile: &Value) -> Verdict {
        let schedules = schedules_of(profile);
        let most = if purpose_of(profile) == "TxProfile" && !self.version.is_v16() { 3 } else { 1 };
        if schedules.is_empty() || schedules.len() > most {
            return Err("InvalidSchedule");
        }
        schedules.iter().try_for_each(|schedule| self.check_schedule(profile, schedule))
    }

    fn check_schedule(&self, profile: &Value, schedule: &Value) -> Verdict {
        let unit = word(schedule, "chargingRateUnit");
        if !self.takes_unit(unit) {
            return Err("UnsupportedRateUnit");
        }
        let periods = list(schedule, "chargingSchedulePeriod");
        let most = if self.version.is_v16() {
            self.keys.integer("ChargingScheduleMaxPeriods")
        } else {
            self.model.integer("SmartChargingCtrlr", "PeriodsPerSchedule")
        };
        if most.is_some_and(|most| periods.len() as i64 > most) {
            return Err("TooManyElements");
        }
        let starts: Vec<i64> = periods.iter().map(|period| integer(period, "startPeriod").unwrap_or(-1)).collect();
        if starts.first() != Some(&0) || !starts.is_sorted_by(|one, next| one < next) {
            return Err("InvalidSchedule");
        }
        periods.iter().try_for_each(|period| self.check_period(profile, unit, period))
    }

    pub(super) fn takes_unit(&self, unit: &str) -> bool {
        if !self.version.is_v16() {
            return self.model.lists("SmartChargingCtrlr", "RateUnit", unit);
        }
        let named = if unit == "A" { "Current" } else { "Power" };
        let allowed = self.keys.get("ChargingScheduleAllowedChargingRateUnit").map_or("", |key| &key.value);
        matches!(unit, "A" | "W") && allowed.split(',').any(|allowed| allowed == named)
    }

    /// Phases are 1 to 3, and only one of them may be chosen (K01.FR.19, 20).
    fn check_period(&self, profile: &Value, unit: &str, period: &Value) -> Verdict {
        let phases = integer(period, "numberPhases");
        if phases.is_some_and(|phases| !(1..=3).contains(&phases)) {
            return Err("InvalidSchedule");
        }
        if period.get("phaseToUse").is_some() {
            let switches = self.model.is("SmartChargingCtrlr", "ACPhaseSwitchingSupported");
            if phases != Some(1) || !switches {
                return Err("InvalidSchedule");
            }
        }
        if self.version.is_v21() {
            return self.check_operation(purpose_of(profile), unit, period);
        }
        if period.get("limit").is_some_and(|limit| limit.as_f64().is_some_and(|limit| limit >= 0.0)) {
            Ok(())
        } else {
            Err("InvalidSchedule")
        }
    }

    /// Two profiles that would compete cannot both be there. In 1.6 the later one replaces the earlier.
    fn check_neighbours(&self, evse: i64, profile: &Value) -> Verdict {
        let (id, purpose) = (id_of(profile), purpose_of(profile));
        let level = integer(profile, "stackLevel").unwrap_or_default();
        let competes = |other: &Profile| {
            let is_same = other.id() != id && other.purpose() == purpose && other.stack_level() == level;
            let is_near = other.evse == evse || purpose == "TxDefaultProfile" && (other.evse == 0) != (evse == 0);
            is_same && is_near && overlap(&other.value, profile)
        };
        let is_allowed = self.version.is_v16() || !self.profiles.iter().any(competes);
        if is_allowed { Ok(()) } else { Err("DuplicateProfile") }
    }

    fn check_room(&self, profile: &Value) -> Verdict {
        let most = if self.version.is_v16() {
            self.keys.most("MaxChargingProfilesInstalled")
        } else {
            self.model.most("SmartChargingCtrlr", "Entries#ChargingProfiles")
        };
        let others = self.profiles.iter().filter(|other| other.id() != id_of(profile)).count();
        if others >= most { Err("OutOfStorage") } else { Ok(()) }
    }
}

/// Whether both are valid at some moment.
fn overlap(one: &Value, other: &Value) -> bool {
    let from = |profile| moment(profile, "validFrom").unwrap_or(Timestamp::MIN);
    let to = |profile| moment(profile, "validTo").unwrap_or(Timestamp::MAX);
    from(one) < to(other) && from(other) < to(one)
}
