//! What the station learns from what was said, by itself or by whoever holds it, and from the server's answers.

use serde_json::{Value, json};

use super::asked::{integer, word};
use super::errands::Due;
use super::state::{State, is_of_transaction};
use super::transactions::{Running, transaction_id};
use super::v2x::Given;
use crate::pump::Spoken;

impl State {
    pub(super) fn hear(&mut self, spoken: &Spoken<'_>, answer: Option<&Value>) {
        let said = spoken.payload;
        if spoken.is_own && is_of_transaction(spoken.action) {
            self.owed = self.owed.saturating_sub(1);
        }
        match (spoken.action, answer) {
            ("Authorize", Some(answer)) => self.heard_authorize(said, answer),
            ("BootNotification", Some(answer)) => self.heard_boot(answer),
            ("OpenPeriodicEventStream", Some(answer)) => self.heard_stream(said, answer),
            ("PullDynamicScheduleUpdate", Some(answer)) => self.heard_limits(said, answer),
            ("StartTransaction", Some(answer)) => self.heard_start(said, answer),
            ("StartTransaction", None) => self.start_failed(said),
            ("StatusNotification", _) if !spoken.is_own => self.heard_status(said),
            ("StopTransaction", _) => self.ended(&transaction_id(said)),
            ("TransactionEvent", _) => self.heard_event(said, answer.unwrap_or(&Value::Null)),
            _ => {}
        }
    }

    fn heard_boot(&mut self, answer: &Value) {
        let status = word(answer, "status").to_owned();
        let interval = integer(answer, "interval").unwrap_or_default();
        if status == "Accepted" {
            self.registration = Some(status);
            if interval > 0 {
                self.model.put("OCPPCommCtrlr", "HeartbeatInterval", interval);
                self.keys.put("HeartbeatInterval", &interval.to_string());
            }
            self.booted();
            return;
        }
        self.registration = Some(status);
        if self.rebooting.is_some() {
            self.after(interval.max(1), Due::Boot);
        }
    }

    fn heard_authorize(&mut self, said: &Value, answer: &Value) {
        let token = token_of(said);
        self.remember(&token, answer);
        if let Some(tariff) = answer.get("tariff") {
            self.driver_tariffs.insert(token.clone(), tariff.clone());
        }
        let is_it = |(_, asked): &(i64, Value)| token_of(asked) == token;
        let (wanted, others): (Vec<_>, Vec<_>) = std::mem::take(&mut self.wanted).into_iter().partition(is_it);
        self.wanted = others;
        for (evse, asked) in wanted.into_iter().filter(|_| is_accepted(answer)) {
            self.start_at(evse, &asked);
        }
    }

    fn remember(&mut self, token: &str, answer: &Value) {
        let info = answer.get("idTokenInfo").or_else(|| answer.get("idTagInfo"));
        let is_kept = if self.version.is_v16() {
            self.keys.is("AuthorizationCacheEnabled")
        } else {
            self.model.is("AuthCacheCtrlr", "Enabled")
        };
        if let (Some(info), true) = (info, is_kept && !token.is_empty()) {
            self.cache.insert(token.to_owned(), info.clone());
        }
    }

    fn heard_start(&mut self, said: &Value, answer: &Value) {
        let (evse, id) = (integer(said, "connectorId").unwrap_or_default(), transaction_id(answer));
        self.remember(word(said, "idTag"), answer);
        let waiting = self.transactions.iter().position(|running| running.evse == evse && running.id.is_empty());
        match waiting {
            Some(at) => {
                self.transactions[at].id.clone_from(&id);
                self.say_signed_start(at);
                if !is_accepted(answer) && self.keys.is("StopTransactionOnInvalidId") {
                    self.deauthorize(|running| running.id == id);
                }
            }
            None => self.follow_start(evse, id, word(said, "idTag"), integer(said, "meterStart")),
        }
    }

    /// What the server did not answer has no number, and cannot go on.
    fn start_failed(&mut self, said: &Value) {
        let evse = integer(said, "connectorId").unwrap_or_default();
        self.transactions.retain(|running| running.evse != evse || !running.id.is_empty());
        self.plug(evse, false);
    }

    /// Whoever holds the station has begun a transaction.
    fn follow_start(&mut self, evse: i64, id: String, token: &str, start_wh: Option<i64>) {
        let start_wh = start_wh.unwrap_or_else(|| self.evse(evse).map_or(0, |evse| evse.register_wh));
        self.use_reservation(evse, token, "");
        self.transactions.push(Running {
            id,
            evse,
            token: token.to_owned(),
            remote_start: None,
            began: self.now,
            seq_no: 1,
            begun: 0,
            is_ending: false,
            start_wh,
            signed_start: None,
            has_priority: false,
            limit: None,
            given: Given::default(),
        });
        if let Some(evse) = self.evse_mut(evse) {
            evse.is_plugged = true;
        }
    }

    fn heard_event(&mut self, said: &Value, answer: &Value) {
        let id = transaction_id(&said["transactionInfo"]);
        let token = word(&said["idToken"], "idToken");
        let seq_no = integer(said, "seqNo").unwrap_or_default();
        self.remember(token, answer);
        let known = self.transactions.iter_mut().find(|running| running.id == id);
        match (word(said, "eventType"), known) {
            ("Ended", _) => return self.ended(&id),
            (_, Some(running)) => running.seq_no = running.seq_no.max(seq_no + 1),
            (_, None) => {
                let evse = said["evse"]["id"].as_i64().unwrap_or(1);
                let register = said["meterValue"][0]["sampledValue"][0]["value"].as_f64().map(|wh| wh as i64);
                self.follow_start(evse, id.clone(), token, register);
                if let Some(running) = self.transactions.last_mut() {
                    running.seq_no = seq_no + 1;
                }
            }
        }
        if answer.get("idTokenInfo").is_some() && !is_accepted(answer) && self.model.is("TxCtrlr", "StopTxOnInvalidId")
        {
            self.deauthorize(|running| running.id == id && running.is_own());
        }
        if let (Some(limit), true) = (answer.get("transactionLimit"), self.version.is_v21()) {
            self.confirm_limit(&id, limit);
        }
    }

    /// A limit of the server counts when the station has confirmed it (2.1 E16).
    fn confirm_limit(&mut self, id: &str, limit: &Value) {
        let is_new = |running: &Running| {
            running.id == id && running.is_own() && !running.is_ending && running.limit.as_ref() != Some(limit)
        };
        if let Some(at) = self.transactions.iter().position(is_new) {
            self.transactions[at].limit = Some(limit.clone());
            let mut event = self.event(at, "Updated", "LimitSet", "Other");
            event["transactionInfo"]["transactionLimit"] = limit.clone();
            self.say("TransactionEvent", event);
        }
    }

    fn deauthorize(&mut self, is_it: impl Fn(&Running) -> bool) {
        if let Some(at) = self.transactions.iter().position(is_it) {
            self.end(at, "Deauthorized", "DeAuthorized");
        }
    }

    fn ended(&mut self, id: &str) {
        let Some(at) = self.transactions.iter().position(|running| running.id == id) else { return };
        let running = self.transactions.remove(at);
        self.profiles.retain(|profile| !(profile.purpose() == "TxProfile" && profile.evse == running.evse));
        self.messages.retain(|message| message.get("transactionId") != Some(&json!(id)));
        let leaves = running.is_ending && self.habits.cars;
        if let Some(evse) = self.evse_mut(running.evse) {
            evse.is_plugged &= !leaves;
            if let Some(is_operative) = evse.scheduled.take() {
                evse.is_operative = is_operative;
            }
        }
        if leaves || self.evse(running.evse).is_some_and(|evse| self.status_of(evse) == "Unavailable") {
            self.tell_status(running.evse);
        }
        self.reboot_when_idle();
    }
}

fn is_accepted(answer: &Value) -> bool {
    let info = answer.get("idTokenInfo").or_else(|| answer.get("idTagInfo"));
    info.is_none_or(|info| info["status"] == "Accepted")
}

fn token_of(said: &Value) -> String {
    said["idTag"].as_str().unwrap_or(word(&said["idToken"], "idToken")).to_owned()
}
