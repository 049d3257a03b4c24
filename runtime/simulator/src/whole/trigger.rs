//! TriggerMessage and ExtendedTriggerMessage: the answer first, then the message (2.0.1 F06).

use serde_json::{Map, Value, json};

use super::asked::{Reply, integer, refused, status, word};
use super::state::State;

impl State {
    pub(super) fn trigger(&mut self, asked: &Value) -> Reply {
        let evse = if self.version.is_v16() { integer(asked, "connectorId") } else { asked["evse"]["id"].as_i64() };
        if evse.is_some_and(|id| id != 0 && self.evse(id).is_none()) {
            return Ok(refused(self.version, "Rejected", "UnknownEvse"));
        }
        let evses = evse.filter(|id| *id != 0).map_or_else(|| self.ids(), |id| vec![id]);
        let word = match word(asked, "requestedMessage") {
            "BootNotification" => self.trigger_boot(),
            "Heartbeat" => self.done(|state| state.say("Heartbeat", Value::Object(Map::new()))),
            "StatusNotification" => self.trigger_status(asked, &evses),
            "MeterValues" => self.done(|state| evses.iter().for_each(|id| state.say_meter(*id, "Trigger"))),
            "TransactionEvent" => self.trigger_transactions(&evses),
            "FirmwareStatusNotification" => self.done(Self::say_firmware),
            "DiagnosticsStatusNotification" => self.done(|state| state.say_upload("DiagnosticsStatusNotification")),
            "LogStatusNotification" => self.done(|state| state.say_upload("LogStatusNotification")),
            "PublishFirmwareStatusNotification" => self.done(Self::say_publishing),
            "SignChargePointCertificate" => self.done(|state| state.say_sign(None)),
            "SignChargingStationCertificate" => self.done(|state| state.say_sign(Some("ChargingStationCertificate"))),
            "SignV2GCertificate" => self.done(|state| state.say_sign(Some("V2GCertificate"))),
            "SignV2G20Certificate" => self.done(|state| state.say_sign(Some("V2G20Certificate"))),
            "SignCombinedCertificate" => self.done(|state| state.say_sign(None)),
            _ => "NotImplemented",
        };
        Ok(status(word))
    }

    fn done(&mut self, what: impl FnOnce(&mut Self)) -> &'static str {
        what(self);
        "Accepted"
    }

    /// Who is accepted already does not boot again (F06.FR.17).
    fn trigger_boot(&mut self) -> &'static str {
        if !self.version.is_v16() && self.registration.as_deref() == Some("Accepted") {
            return "Rejected";
        }
        self.done(|state| state.say_boot("Triggered"))
    }

    /// Since 2.0.1 it must say which connector (F06.FR.13). In 1.6 connector 0 is the station.
    fn trigger_status(&mut self, asked: &Value, evses: &[i64]) -> &'static str {
        let is_v16 = self.version.is_v16();
        if !is_v16 && asked["evse"]["connectorId"].as_i64() != Some(1) {
            return "Rejected";
        }
        if is_v16 && integer(asked, "connectorId").is_none_or(|id| id == 0) {
            self.say_own_status();
        }
        if !(is_v16 && integer(asked, "connectorId") == Some(0)) {
            evses.iter().for_each(|id| self.say_status(*id));
        }
        "Accepted"
    }

    fn trigger_transactions(&mut self, evses: &[i64]) -> &'static str {
        let running: Vec<usize> =
            (0..self.transactions.len()).filter(|at| evses.contains(&self.transactions[*at].evse)).collect();
        if running.is_empty() {
            return "Rejected";
        }
        for at in running {
            let mut event = self.event(at, "Updated", "Trigger", "Trigger");
            event["transactionInfo"]["chargingState"] = json!("Charging");
            self.say("TransactionEvent", event);
        }
        "Accepted"
    }

    pub(super) fn say_meter(&mut self, evse: i64, context: &str) {
        let running = self.transactions.iter().position(|running| running.evse == evse);
        let register_wh = match running {
            Some(at) => self.register(at),
            None => self.evse(evse).map_or(0, |evse| evse.register_wh),
        };
        let sampled = self.sampled(register_wh, context);
        let mut payload = json!({"meterValue": [sampled]});
        payload[if self.version.is_v16() { "connectorId" } else { "evseId" }] = json!(evse);
        let number = running.and_then(|at| self.transactions[at].id.parse::<i64>().ok());
        if let (Some(number), true) = (number, self.version.is_v16()) {
            payload["transactionId"] = json!(number);
        }
        self.say("MeterValues", payload);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Version;
    use crate::whole::play::Play;

    /// The message, where, the answer, and what is said then.
    type Row = (&'static str, Value, &'static str, &'static [&'static str]);

    fn check(version: Version, rows: &[Row]) {
        let mut play = Play::new(version);
        play.charges(1);
        for (message, place, status, said) in rows {
            let mut asked = json!({"requestedMessage": message});
            asked.as_object_mut().unwrap().extend(place.as_object().unwrap().clone());
            play.check("TriggerMessage", asked, json!({"status": status}));
            let actions: Vec<&str> = play.said().into_iter().map(|(action, _)| action).collect();
            assert_eq!(actions, *said, "{message}");
        }
    }

    #[test]
    fn the_message_follows_the_answer() {
        let at = |evse: i64| json!({"evse": {"id": evse}});
        let connector = json!({"evse": {"id": 1, "connectorId": 1}});
        check(
            Version::Ocpp201,
            &[
                ("BootNotification", json!({}), "Accepted", &["BootNotification"]),
                ("Heartbeat", json!({}), "Accepted", &["Heartbeat"]),
                ("StatusNotification", json!({}), "Rejected", &[]),
                ("StatusNotification", connector, "Accepted", &["StatusNotification"]),
                ("MeterValues", json!({}), "Accepted", &["MeterValues", "MeterValues"]),
                ("MeterValues", at(3), "Rejected", &[]),
                ("TransactionEvent", json!({}), "Accepted", &["TransactionEvent"]),
                ("TransactionEvent", at(2), "Rejected", &[]),
                ("FirmwareStatusNotification", json!({}), "Accepted", &["FirmwareStatusNotification"]),
                ("LogStatusNotification", json!({}), "Accepted", &["LogStatusNotification"]),
                ("PublishFirmwareStatusNotification", json!({}), "Accepted", &["PublishFirmwareStatusNotification"]),
                ("SignV2GCertificate", json!({}), "Accepted", &["SignCertificate"]),
                ("CustomTrigger", json!({}), "NotImplemented", &[]),
            ],
        );
        let connector = |id: i64| json!({"connectorId": id});
        let each: &[&str] = &["StatusNotification"; 3];
        check(
            Version::Ocpp16,
            &[
                ("StatusNotification", json!({}), "Accepted", each),
                ("StatusNotification", connector(2), "Accepted", &["StatusNotification"]),
                ("MeterValues", connector(1), "Accepted", &["MeterValues"]),
                ("DiagnosticsStatusNotification", json!({}), "Accepted", &["DiagnosticsStatusNotification"]),
                ("TeaTime", json!({}), "NotImplemented", &[]),
            ],
        );
    }

    #[test]
    fn who_is_accepted_does_not_boot_again() {
        let mut play = Play::new(Version::Ocpp21);
        play.hear("BootNotification", &json!({}), json!({"status": "Accepted", "interval": 5}));
        play.check("TriggerMessage", json!({"requestedMessage": "BootNotification"}), json!({"status": "Rejected"}));
        assert_eq!(play.state.model.value("OCPPCommCtrlr", "HeartbeatInterval"), "5");
    }
}
