//! Transactions: those that the server starts and stops, and those of whoever holds the station.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::asked::{Reply, accepted, integer, refused, time, word};
use super::errands::Due;
use super::state::State;
use super::v2x::Given;

/// A transaction that is running.
#[derive(Debug, Clone, PartialEq)]
pub struct Running {
    /// In 1.6 the server's number, empty until it has answered.
    pub id: String,
    /// In 1.6 the connector.
    pub evse: i64,
    pub token: String,
    pub remote_start: Option<i64>,
    pub began: Timestamp,
    /// Of the next message.
    pub(super) seq_no: i64,
    /// Ours; 0 for those of whoever holds the station.
    pub(super) begun: u64,
    pub(super) is_ending: bool,
    pub(super) start_wh: i64,
    /// What the meter signed then (1.6).
    pub(super) signed_start: Option<Value>,
    /// It comes before others (2.1).
    pub(super) has_priority: bool,
    /// The limit of the server that was confirmed last (2.1).
    pub(super) limit: Option<Value>,
    /// What its car gives back (2.1).
    pub(super) given: Given,
}

impl Running {
    /// It began by itself, not by whoever holds the station.
    pub(super) fn is_own(&self) -> bool {
        self.begun > 0
    }
}

/// What the meter gains each second at 11 kW.
const WH_A_SECOND: i64 = 3;

impl State {
    pub(super) fn request_start(&mut self, asked: &Value) -> Reply {
        let wanted = integer(asked, if self.version.is_v16() { "connectorId" } else { "evseId" });
        let token = if self.version.is_v16() { word(asked, "idTag") } else { word(&asked["idToken"], "idToken") };
        let refuse = |state: &Self, reason| Ok(refused(state.version, "Rejected", reason));
        if self.registration.as_deref().is_some_and(|word| word != "Accepted") {
            return refuse(self, "CSNotAccepted");
        }
        let group = word(&asked["groupIdToken"], "idToken");
        let open = |state: &Self, id: i64| match state.evse(id) {
            None => Err("UnknownEvse"),
            Some(_) if state.is_busy(id) => Err("TxInProgress"),
            Some(evse) if evse.is_faulted || !evse.is_operative || !state.operative => Err("Unspecified"),
            Some(_) if state.is_reserved_for_another(id, token, group) => Err("InvalidIdToken"),
            Some(_) => Ok(id),
        };
        let evse = match wanted {
            Some(id) => open(self, id),
            None => self.ids().into_iter().find(|id| open(self, *id).is_ok()).ok_or("Unspecified"),
        };
        let evse = match evse {
            Ok(evse) => evse,
            Err(reason) => return refuse(self, reason),
        };
        let profile = asked.get("chargingProfile");
        if let Some(Err(reason)) = profile.map(|profile| self.check_for_start(evse, profile)) {
            return refuse(self, reason);
        }
        if self.habits.cars {
            self.begin(evse, asked);
        }
        Ok(accepted())
    }

    /// Asks about the token first, where that is the rule.
    fn begin(&mut self, evse: i64, asked: &Value) {
        let is_v16 = self.version.is_v16();
        let asks_first = if is_v16 {
            self.keys.is("AuthorizeRemoteTxRequests")
        } else {
            self.model.is("AuthCtrlr", "AuthorizeRemoteStart")
        };
        if !asks_first {
            return self.start_at(evse, asked);
        }
        let member = if is_v16 { "idTag" } else { "idToken" };
        self.say("Authorize", json!({member: asked[member]}));
        self.wanted.push((evse, asked.clone()));
    }

    pub(super) fn start_at(&mut self, evse: i64, asked: &Value) {
        let is_v16 = self.version.is_v16();
        let id_token = if is_v16 { json!({"idToken": asked["idTag"]}) } else { asked["idToken"].clone() };
        self.plug(evse, true);
        self.begun += 1;
        let id = if is_v16 { String::new() } else { format!("{:x}-{}", self.now.as_millisecond(), self.begun) };
        let running = Running {
            id: id.clone(),
            evse,
            token: word(&id_token, "idToken").to_owned(),
            remote_start: integer(asked, "remoteStartId"),
            began: self.now,
            seq_no: 0,
            begun: self.begun,
            is_ending: false,
            start_wh: self.evse(evse).map_or(0, |evse| evse.register_wh),
            signed_start: None,
            has_priority: false,
            limit: None,
            given: Given::default(),
        };
        let reservation = self.use_reservation(evse, &running.token, word(&asked["groupIdToken"], "idToken"));
        self.transactions.push(running);
        let at = self.transactions.len() - 1;
        self.say_start(at, &id_token, reservation);
        if is_v16 {
            self.tell_status(evse);
        }
        if let Some(profile) = asked.get("chargingProfile") {
            self.install_for_start(evse, &id, profile);
        }
        self.plan_meter(evse, self.begun);
    }

    /// While a transaction of its own runs, the station tells the meter as often as it is told to.
    fn plan_meter(&mut self, evse: i64, begun: u64) {
        let seconds = if self.version.is_v16() {
            self.keys.integer("MeterValueSampleInterval")
        } else {
            self.model.integer("SampledDataCtrlr", "TxUpdatedInterval")
        };
        if let Some(seconds) = seconds.filter(|seconds| *seconds > 0) {
            self.after(seconds, Due::Meter(evse, begun));
        }
    }

    pub(super) fn meter_is_due(&mut self, evse: i64, begun: u64) {
        let is_it = |running: &Running| running.evse == evse && running.begun == begun && !running.is_ending;
        let Some(at) = self.transactions.iter().position(is_it) else { return };
        if self.version.is_v16() {
            self.say_meter(evse, "Sample.Periodic");
        } else {
            let event = self.event(at, "Updated", "MeterValuePeriodic", "Sample.Periodic");
            self.say("TransactionEvent", event);
        }
        self.plan_meter(evse, begun);
    }

    fn say_start(&mut self, at: usize, id_token: &Value, reservation: Option<i64>) {
        if self.version.is_v16() {
            let running = &self.transactions[at];
            let mut payload = json!({
                "connectorId": running.evse, "idTag": running.token, "meterStart": running.start_wh,
                "timestamp": time(self.now),
            });
            if let Some(reservation) = reservation {
                payload["reservationId"] = json!(reservation);
            }
            self.say("StartTransaction", payload);
            return;
        }
        let mut event = self.event(at, "Started", "RemoteStart", "Transaction.Begin");
        event["transactionInfo"]["chargingState"] = json!("Charging");
        event["evse"] = json!({"id": self.transactions[at].evse, "connectorId": 1});
        event["idToken"] = id_token.clone();
        if let Some(reservation) = reservation {
            event["reservationId"] = json!(reservation);
        }
        self.say("TransactionEvent", event);
    }

    pub(super) fn request_stop(&mut self, asked: &Value) -> Reply {
        let id = transaction_id(asked);
        match self.transactions.iter().position(|running| !running.id.is_empty() && running.id == id) {
            Some(at) => {
                self.end(at, "RemoteStop", "Remote");
                Ok(accepted())
            }
            None => Ok(refused(self.version, "Rejected", "TxNotFound")),
        }
    }

    pub(super) fn end_all(&mut self, evse: Option<i64>, trigger: &str, reason: &str) {
        for at in 0..self.transactions.len() {
            if evse.is_none_or(|id| self.transactions[at].evse == id) {
                self.end(at, trigger, reason);
            }
        }
    }

    /// Says the end; it is over when the server has answered.
    pub(super) fn end(&mut self, at: usize, trigger: &str, reason: &str) {
        if std::mem::replace(&mut self.transactions[at].is_ending, true) {
            return;
        }
        let register_wh = self.register(at);
        let running = &self.transactions[at];
        if self.version.is_v16() {
            let mut payload = json!({
                "transactionId": running.id.parse::<i64>().unwrap_or_default(), "meterStop": register_wh,
                "timestamp": time(self.now), "reason": reason,
            });
            if let Some(signed) = self.signed_both(at) {
                payload["transactionData"] = json!(signed);
            }
            self.say("StopTransaction", payload);
        } else {
            let mut event = self.event(at, "Ended", trigger, "Transaction.End");
            event["transactionInfo"]["stoppedReason"] = json!(reason);
            self.say("TransactionEvent", event);
        }
        let (evse, exported_wh) = (self.transactions[at].evse, self.transactions[at].given.wh(self.now));
        if let Some(evse) = self.evse_mut(evse) {
            evse.register_wh = register_wh;
            evse.exported_wh += exported_wh;
        }
    }

    pub(super) fn register(&self, at: usize) -> i64 {
        let running = &self.transactions[at];
        let seconds = self.now.duration_since(running.began).as_secs() - running.given.seconds(self.now);
        running.start_wh + seconds.max(0) * WH_A_SECOND
    }

    /// A TransactionEvent of a running transaction.
    pub(super) fn event(&mut self, at: usize, kind: &str, trigger: &str, context: &str) -> Value {
        let mode = self.follow_setpoint(at);
        let mut sampled = self.sampled(self.register(at), context);
        self.sign_event(self.register(at), kind == "Started", &mut sampled);
        self.sample_export(at, context, &mut sampled);
        let running = &mut self.transactions[at];
        let seq_no = running.seq_no;
        running.seq_no += 1;
        let mut event = json!({
            "eventType": kind, "timestamp": time(self.now), "triggerReason": trigger, "seqNo": seq_no,
            "transactionInfo": {"transactionId": running.id}, "meterValue": [sampled],
        });
        if let (Some(id), "Started") = (running.remote_start, kind) {
            event["transactionInfo"]["remoteStartId"] = json!(id);
        }
        if let Some(mode) = mode {
            event["transactionInfo"]["operationMode"] = json!(mode);
        }
        event
    }

    pub(super) fn sampled(&self, register_wh: i64, context: &str) -> Value {
        let measurand = "Energy.Active.Import.Register";
        let sample = if self.version.is_v16() {
            json!({"value": register_wh.to_string(), "context": context, "measurand": measurand, "unit": "Wh"})
        } else {
            json!({"value": register_wh, "context": context, "measurand": measurand, "unitOfMeasure": {"unit": "Wh"}})
        };
        json!({"timestamp": time(self.now), "sampledValue": [sample]})
    }

    /// What was interrupted by a reboot goes on (2.1).
    pub(super) fn resume_transactions(&mut self) {
        for at in 0..self.transactions.len() {
            if self.version.is_v21() && !self.transactions[at].is_ending {
                let event = self.event(at, "Updated", "TxResumed", "Other");
                self.say("TransactionEvent", event);
            }
        }
    }

    pub(super) fn get_transaction_status(&self, asked: &Value) -> Reply {
        let is_waiting = self.owed > 0;
        let Some(id) = asked["transactionId"].as_str() else { return Ok(json!({"messagesInQueue": is_waiting})) };
        let is_running = self.transactions.iter().any(|running| running.id == id);
        Ok(json!({"ongoingIndicator": is_running, "messagesInQueue": is_waiting}))
    }
}

/// A number in 1.6, a text since.
pub(super) fn transaction_id(asked: &Value) -> String {
    match &asked["transactionId"] {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests;
