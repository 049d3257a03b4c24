//! ChangeAvailability (2.0.1 G03, G04; 1.6 5.2).

use serde_json::Value;

use super::asked::{Reply, accepted, integer, refused, status, word};
use super::state::State;

impl State {
    pub(super) fn change_availability(&mut self, asked: &Value) -> Reply {
        let (id, wanted) = if self.version.is_v16() {
            (integer(asked, "connectorId").unwrap_or_default(), word(asked, "type"))
        } else {
            (asked["evse"]["id"].as_i64().unwrap_or_default(), word(asked, "operationalStatus"))
        };
        let is_operative = wanted == "Operative";
        if id == 0 {
            return Ok(self.change_all(is_operative));
        }
        let connector = asked["evse"]["connectorId"].as_i64().unwrap_or(1);
        if self.evse(id).is_none() || connector != 1 {
            return Ok(refused(self.version, "Rejected", "UnknownEvse"));
        }
        Ok(status(if self.change_one(id, is_operative) { "Accepted" } else { "Scheduled" }))
    }

    /// Since 2.0.1 the station and its EVSEs are told apart; in 1.6 it is all of them.
    fn change_all(&mut self, is_operative: bool) -> Value {
        let was = self.operative;
        self.operative = is_operative;
        if self.version.is_v16() {
            if was != is_operative {
                self.say_own_status();
            }
            let done: Vec<bool> = self.ids().into_iter().map(|id| self.change_one(id, is_operative)).collect();
            return status(if done.iter().all(|done| *done) { "Accepted" } else { "Scheduled" });
        }
        if !is_operative {
            self.ids().into_iter().for_each(|id| self.drop_reservations_of(id));
        }
        self.tell_all();
        let is_waiting = !is_operative && !self.transactions.is_empty();
        if is_waiting { status("Scheduled") } else { accepted() }
    }

    /// False: it waits until the transaction has ended.
    fn change_one(&mut self, id: i64, is_operative: bool) -> bool {
        let is_busy = self.is_busy(id);
        if let Some(evse) = self.evse_mut(id) {
            if is_busy && !is_operative {
                evse.scheduled = Some(false);
                return false;
            }
            evse.is_operative = is_operative;
            evse.scheduled = None;
        }
        if !is_operative {
            self.drop_reservations_of(id);
        }
        self.tell_status(id);
        true
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::Version;
    use crate::whole::play::Play;

    fn change(version: Version, evse: i64, word: &str) -> Value {
        match (version, evse) {
            (Version::Ocpp16, _) => json!({"connectorId": evse, "type": word}),
            (_, 0) => json!({"operationalStatus": word}),
            _ => json!({"operationalStatus": word, "evse": {"id": evse}}),
        }
    }

    #[test]
    fn what_changes_is_told_and_what_does_not_is_not() {
        for version in [Version::Ocpp16, Version::Ocpp201, Version::Ocpp21] {
            let mut play = Play::new(version);
            let status = |evse: i64, word: &str| {
                let (at, member) =
                    if version.is_v16() { ("connectorId", "status") } else { ("evseId", "connectorStatus") };
                ("StatusNotification", json!({at: evse, member: word}))
            };
            let mut rows = vec![
                (1, "Inoperative", "Accepted", vec![status(1, "Unavailable")]),
                (1, "Inoperative", "Accepted", vec![]),
                (3, "Inoperative", "Rejected", vec![]),
                (0, "Inoperative", "Accepted", vec![status(2, "Unavailable")]),
            ];
            if version.is_v16() {
                rows[3].3 = vec![status(0, "Unavailable"), status(2, "Unavailable")];
                rows.push((
                    0,
                    "Operative",
                    "Accepted",
                    vec![status(0, "Available"), status(1, "Available"), status(2, "Available")],
                ));
            } else {
                // The EVSE's own state outlives that of the station.
                rows.push((0, "Operative", "Accepted", vec![status(2, "Available")]));
            }
            for (evse, word, answer, said) in rows {
                play.check("ChangeAvailability", change(version, evse, word), json!({"status": answer}));
                play.follows(&said);
            }
        }
    }

    #[test]
    fn a_transaction_is_waited_for() {
        let mut play = Play::new(Version::Ocpp201);
        play.charges(1);
        let asked = change(Version::Ocpp201, 1, "Inoperative");
        play.check("ChangeAvailability", asked, json!({"status": "Scheduled"}));
        play.check(
            "UnlockConnector",
            json!({"evseId": 1, "connectorId": 1}),
            json!({"status": "OngoingAuthorizedTransaction"}),
        );
        play.check("RequestStopTransaction", json!({"transactionId": "tx-1"}), json!({"status": "Accepted"}));
        let said = play
            .follows(&[("TransactionEvent", json!({"eventType": "Ended", "triggerReason": "RemoteStop", "seqNo": 1}))]);
        play.hear("TransactionEvent", &said[0].1, json!({}));
        play.follows(&[("StatusNotification", json!({"evseId": 1, "connectorStatus": "Unavailable"}))]);
    }

    #[test]
    fn connectors_that_do_not_exist_cannot_be_unlocked() {
        let at = |evse: i64, connector: i64| json!({"evseId": evse, "connectorId": connector});
        let rows = [(at(1, 1), "Unlocked"), (at(1, 2), "UnknownConnector"), (at(3, 1), "UnknownConnector")];
        for (asked, status) in rows {
            Play::new(Version::Ocpp21).check("UnlockConnector", asked, json!({"status": status}));
        }
        let mut play = Play::new(Version::Ocpp16);
        play.charges(1);
        play.check("UnlockConnector", json!({"connectorId": 0}), json!({"status": "NotSupported"}));
        play.check("UnlockConnector", json!({"connectorId": 1}), json!({"status": "Unlocked"}));
        play.follows(&[("StopTransaction", json!({"transactionId": 1, "reason": "UnlockCommand"}))]);
    }
}
