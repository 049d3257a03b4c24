//! Cars that give back, and who comes first: operation modes, signals, priorities (2.1 K21, Q).

use serde_json::{Value, json};

use super::asked::{Reply, accepted, decimal, flag, integer, list, refused, word};
use super::profiles::Profile;
use super::state::State;

/// What says how much may flow.
const LIMITS: [&str; 6] = ["limit", "limit_L2", "limit_L3", "dischargeLimit", "dischargeLimit_L2", "dischargeLimit_L3"];
const SETPOINTS: [&str; 3] = ["setpoint", "setpoint_L2", "setpoint_L3"];

impl State {
    /// What a period must say in its operation mode, and must not (2.1 Q02 to Q09).
    pub(super) fn check_operation(&self, purpose: &str, unit: &str, period: &Value) -> Result<(), &'static str> {
        let mode = period["operationMode"].as_str().unwrap_or("ChargingOnly");
        if !self.model.lists("V2XChargingCtrlr", "SupportedOperationModes", mode) {
            return Err("UnsupportedParam");
        }
        let has = |members: &[&str]| members.iter().any(|member| period.get(*member).is_some());
        let is_charging = decimal(period, "limit").is_some_and(|limit| limit >= 0.0);
        let curve = list(period, "v2xFreqWattCurve").len();
        let ok = match mode {
            "ChargingOnly" => is_charging && !has(&SETPOINTS),
            "CentralSetpoint" => has(&SETPOINTS),
            "CentralFrequency" => has(&SETPOINTS) && !has(&LIMITS),
            "LocalFrequency" => unit == "W" && period.get("v2xBaseline").is_some() && curve >= 2,
            "Idle" => !has(&LIMITS) && !has(&SETPOINTS),
            _ => true,
        };
        let has_one_phase_each = has(&["limit_L2", "limit_L3", "setpoint_L2", "setpoint_L3"]);
        // V2X.08: by phase only for a transaction of its own.
        if ok && (!has_one_phase_each || purpose == "TxProfile") { Ok(()) } else { Err("InvalidSchedule") }
    }

    /// A signal is for transactions that follow the grid (Q07).
    pub(super) fn afrr_signal(&self, _asked: &Value) -> Reply {
        let follows = self.profiles.iter().flat_map(Profile::schedules).any(|schedule| {
            let mut periods = list(schedule, "chargingSchedulePeriod").iter();
            periods.any(|period| matches!(word(period, "operationMode"), "LocalFrequency" | "CentralFrequency"))
        });
        Ok(if follows { accepted() } else { refused(self.version, "Rejected", "InvalidProfile") })
    }

    pub(super) fn notify_allowed_energy_transfer(&self, asked: &Value) -> Reply {
        let id = word(asked, "transactionId");
        let is_running = self.transactions.iter().any(|running| running.id == id);
        Ok(if is_running { accepted() } else { refused(self.version, "Rejected", "TxNotFound") })
    }

    pub(super) fn use_priority_charging(&mut self, asked: &Value) -> Reply {
        let id = word(asked, "transactionId");
        let Some(at) = self.transactions.iter().position(|running| running.id == id) else {
            return Ok(refused(self.version, "Rejected", "TxNotFound"));
        };
        let evse = self.transactions[at].evse;
        let fits = |at: i64| at == 0 || at == evse;
        let has_profile = self.profiles.iter().any(|one| one.purpose() == "PriorityCharging" && fits(one.evse));
        if !has_profile {
            return Ok(json!({"status": "NoProfile"}));
        }
        self.transactions[at].has_priority = flag(asked, "activate").unwrap_or(false);
        Ok(accepted())
    }

    /// Somebody pays for an EVSE on a web page: it is kept for them (2.1 C25).
    pub(super) fn web_payment_started(&mut self, asked: &Value) -> Reply {
        self.web_payment = integer(asked, "evseId");
        Ok(json!({}))
    }
}
