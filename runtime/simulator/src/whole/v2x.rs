//! Cars that give back, and who comes first: operation modes, signals, priorities (2.1 K21, Q).

use jiff::Timestamp;
use serde_json::{Value, json};

use super::asked::{Reply, accepted, decimal, flag, integer, list, refused, word};
use super::profiles::Profile;
use super::state::State;

/// What says how much may flow.
const LIMITS: [&str; 6] = ["limit", "limit_L2", "limit_L3", "dischargeLimit", "dischargeLimit_L2", "dischargeLimit_L3"];
const BY_PHASE: [&str; 4] = ["limit", "dischargeLimit", "setpoint", "setpointReactive"];
const SETPOINTS: [&str; 3] = ["setpoint", "setpoint_L2", "setpoint_L3"];

/// What the car of a transaction gives back, and in which mode it is led.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Given {
    /// As the server knows it; empty before it was told one.
    mode: String,
    /// Since when, at how many W.
    flows: Option<(Timestamp, f64)>,
    /// Wh, and the seconds in which the car took nothing instead, before that.
    before: (f64, i64),
}

impl Given {
    pub(super) fn wh(&self, now: Timestamp) -> i64 {
        (self.before.0 + self.flows.map_or(0.0, |flows| flowed(flows, now))) as i64
    }

    pub(super) fn seconds(&self, now: Timestamp) -> i64 {
        self.before.1 + self.flows.map_or(0, |(since, _)| now.duration_since(since).as_secs().max(0))
    }

    fn flow_on(&mut self, now: Timestamp, watts: f64) {
        if self.flows.is_some_and(|(_, known)| known == watts) {
            return;
        }
        let wh = self.before.0 + self.flows.map_or(0.0, |flows| flowed(flows, now));
        self.before = (wh, self.seconds(now));
        self.flows = (watts > 0.0).then_some((now, watts));
    }
}

fn flowed((since, watts): (Timestamp, f64), now: Timestamp) -> f64 {
    watts * now.duration_since(since).as_secs_f64().max(0.0) / 3600.0
}

impl State {
    /// The car does from now on what its profile says. Returns its mode when that is another one than the server knows (Q01.FR.10).
    pub(super) fn follow_setpoint(&mut self, at: usize) -> Option<String> {
        if !self.version.is_v21() {
            return None;
        }
        let (evse, now) = (self.transactions[at].evse, self.now);
        let said = self.of_transaction(evse, now).map(|limit| Value::Object(limit.beside)).unwrap_or_default();
        let mode = said["operationMode"].as_str().unwrap_or("ChargingOnly").to_owned();
        let setpoint = decimal(&said, "setpoint").filter(|_| mode == "CentralSetpoint").unwrap_or(0.0);
        let given = &mut self.transactions[at].given;
        given.flow_on(now, (-setpoint).max(0.0));
        let is_first = given.mode.is_empty() && mode == "ChargingOnly";
        if given.mode == mode || is_first {
            return None;
        }
        given.mode.clone_from(&mode);
        Some(mode)
    }

    /// Profiles have changed: what is led otherwise by now is told at once.
    pub(super) fn tell_modes(&mut self) {
        for at in 0..self.transactions.len() {
            let is_own = self.transactions[at].is_own() && !self.transactions[at].is_ending;
            if let Some(mode) = is_own.then(|| self.follow_setpoint(at)).flatten() {
                let mut event = self.event(at, "Updated", "OperationModeChanged", "Other");
                event["transactionInfo"]["operationMode"] = json!(mode);
                self.say("TransactionEvent", event);
            }
        }
    }

    /// Once a car was led as one that can give back, its second register is told too.
    pub(super) fn sample_export(&self, at: usize, context: &str, sampled: &mut Value) {
        let running = &self.transactions[at];
        if !self.version.is_v21() || (running.given.mode.is_empty() && !self.is_bidirectional()) {
            return;
        }
        let register = self.evse(running.evse).map_or(0, |evse| evse.exported_wh) + running.given.wh(self.now);
        if let Some(samples) = sampled["sampledValue"].as_array_mut() {
            samples.push(json!({
                "value": register, "context": context, "measurand": "Energy.Active.Export.Register",
                "unitOfMeasure": {"unit": "Wh"},
            }));
        }
    }

    fn is_bidirectional(&self) -> bool {
        self.model.lists("SampledDataCtrlr", "TxUpdatedMeasurands", "Energy.Active.Export.Register")
    }

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
        if !ok {
            return Err("InvalidSchedule");
        }
        // K01.FR.144 and 146, V2X.07 and 10: by phase only for a transaction, and beside the first.
        let fits = BY_PHASE.iter().all(|first| {
            let has_others = ["_L2", "_L3"].iter().any(|phase| period.get(format!("{first}{phase}")).is_some());
            !has_others || (purpose == "TxProfile" && has(&[first]))
        });
        if fits { Ok(()) } else { Err("PhaseConflict") }
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
