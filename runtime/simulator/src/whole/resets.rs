//! Reset, and what a station says when it is back (2.0.1 B11, B12; 1.6 5.14).

use serde_json::{Value, json};

use super::asked::{Reply, accepted, integer, refused, status, time, word};
use super::errands::Errand;
use super::firmware::Update;
use super::state::State;
use crate::pump::Own;
use crate::words;

/// A reboot that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rebooting {
    /// It waits for the transactions.
    Waiting(&'static str),
    /// It is on its way: the server has not accepted the boot yet.
    Booting,
}

impl State {
    pub(super) fn reset(&mut self, asked: &Value) -> Reply {
        let kind = word(asked, "type");
        let evse = integer(asked, "evseId");
        if evse.is_some_and(|id| self.evse(id).is_none()) {
            return Ok(refused(self.version, "Rejected", "UnknownEvse"));
        }
        if self.update.as_ref().is_some_and(Update::is_installing) {
            return Ok(refused(self.version, "Rejected", "FwUpdateInProgress"));
        }
        let is_busy = evse.map_or(!self.transactions.is_empty(), |id| self.is_busy(id));
        if kind == "OnIdle" && is_busy {
            if evse.is_none() {
                self.rebooting = Some(Rebooting::Waiting("ScheduledReset"));
            }
            return Ok(status("Scheduled"));
        }
        match kind {
            "Hard" => self.end_all(None, "ResetCommand", "HardReset"),
            "Soft" => self.end_all(None, "ResetCommand", "SoftReset"),
            // 2.1: it resumes them after the boot.
            "ImmediateAndResume" => {}
            _ => self.end_all(evse, "ResetCommand", "ImmediateReset"),
        }
        match evse {
            Some(id) => self.say_status(id),
            None if is_busy && kind != "ImmediateAndResume" => {
                self.rebooting = Some(Rebooting::Waiting("RemoteReset"));
            }
            None => self.reboot("RemoteReset"),
        }
        Ok(accepted())
    }

    /// Goes away, comes back and says so.
    pub(super) fn reboot(&mut self, reason: &'static str) {
        self.rebooting = Some(Rebooting::Booting);
        self.model.boot();
        self.keys.boot();
        self.follow_network_priority();
        self.registration = None;
        self.reopen();
        self.say_boot(reason);
    }

    /// Leaves and comes back, with the password that counts by then.
    pub(super) fn reopen(&mut self) {
        if self.habits.reconnects {
            self.errands.push_back(Errand::Say(Own::Reopen(self.habits.step)));
        }
    }

    pub(super) fn say_boot(&mut self, reason: &str) {
        let (action, mut payload) = words::boot(self.version, &self.id);
        let version = self.model.value("ChargingStation", "FirmwareVersion");
        if self.version.is_v16() {
            payload["firmwareVersion"] = json!(version);
        } else {
            payload["reason"] = json!(reason);
            payload["chargingStation"]["firmwareVersion"] = json!(version);
        }
        self.say(action, payload);
    }

    /// The server accepts the station, which tells the rest after a reboot of its own.
    pub(super) fn booted(&mut self) {
        if self.rebooting != Some(Rebooting::Booting) {
            return;
        }
        self.rebooting = None;
        if self.version.is_v16() {
            self.say_own_status();
        } else {
            let event = json!({"type": "StartupOfTheDevice", "timestamp": time(self.now)});
            self.say("SecurityEventNotification", event);
        }
        self.ids().into_iter().for_each(|id| self.say_status(id));
        self.resume_transactions();
        self.firmware_runs();
    }

    /// A reboot that waited for transactions needs to wait no longer.
    pub(super) fn reboot_when_idle(&mut self) {
        if let (Some(Rebooting::Waiting(reason)), true) = (self.rebooting, self.transactions.is_empty()) {
            self.reboot(reason);
        }
    }

    /// A new password counts for the next connection, which is made at once (2.0.1 A01.FR.11).
    pub(super) fn change_password(&mut self, password: Vec<u8>) {
        self.password = Some(password);
        if self.has_password {
            self.reopen();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Version;
    use crate::whole::play::Play;

    fn answer(action: &str) -> Value {
        match action {
            "BootNotification" => json!({"status": "Accepted", "interval": 60}),
            _ => json!({}),
        }
    }

    #[test]
    fn a_reset_ends_what_runs_boots_and_says_so() {
        let statuses = ["StatusNotification"; 3];
        let v16 = ["StopTransaction", "(reopens)", "BootNotification"];
        let v2 = ["TransactionEvent", "(reopens)", "BootNotification", "SecurityEventNotification"];
        let rows = [
            (Version::Ocpp16, "Hard", [&v16[..], &statuses].concat()),
            (Version::Ocpp201, "Immediate", [&v2[..], &statuses[..2]].concat()),
        ];
        for (version, kind, expected) in rows {
            let mut play = Play::new(version);
            play.charges(1);
            play.check("Reset", json!({"type": kind}), json!({"status": "Accepted"}));
            assert_eq!(play.settle(answer), expected);
        }
    }

    #[test]
    fn a_reset_on_idle_waits_for_the_transaction() {
        let mut play = Play::new(Version::Ocpp201);
        play.charges(1);
        play.check("Reset", json!({"type": "OnIdle"}), json!({"status": "Scheduled"}));
        play.follows(&[]);
        play.check("Reset", json!({"type": "OnIdle", "evseId": 2}), json!({"status": "Accepted"}));
        play.check("Reset", json!({"type": "OnIdle", "evseId": 3}), json!({"status": "Rejected"}));
        play.said();
        play.ask("RequestStopTransaction", json!({"transactionId": "tx-1"}));
        let boot = play.settle(answer).into_iter().filter(|action| *action == "BootNotification").count();
        assert_eq!(boot, 1);
    }

    #[test]
    fn a_transaction_may_go_on_after_the_boot() {
        let mut play = Play::new(Version::Ocpp21);
        play.charges(1);
        play.check("Reset", json!({"type": "ImmediateAndResume"}), json!({"status": "Accepted"}));
        let actions = play.settle(answer);
        assert_eq!(actions.last(), Some(&"TransactionEvent"), "{actions:?}");
        assert_eq!(play.state.transactions.len(), 1);
    }

    #[test]
    fn who_is_pending_asks_again_after_a_while() {
        let mut play = Play::new(Version::Ocpp201);
        play.ask("Reset", json!({"type": "Immediate"}));
        let said = play.said();
        play.hear("BootNotification", &said[1].1, json!({"status": "Pending", "interval": 7}));
        play.follows(&[]);
        play.check(
            "RequestStartTransaction",
            json!({"remoteStartId": 1, "idToken": {"idToken": "A", "type": "X"}}),
            json!({"status": "Rejected", "statusInfo": {"reasonCode": "CSNotAccepted"}}),
        );
        play.passes(7, &crate::whole::errands::Due::Boot);
        play.follows(&[("BootNotification", json!({}))]);
    }
}
