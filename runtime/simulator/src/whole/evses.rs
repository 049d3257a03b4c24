//! The EVSEs of the station, each with one connector, and what is said of their state.

use serde_json::{Value, json};

use super::asked::time;
use super::state::State;

pub(super) struct Evse {
    pub(super) id: i64,
    pub(super) is_operative: bool,
    /// Counts when the transaction has ended.
    pub(super) scheduled: Option<bool>,
    pub(super) is_plugged: bool,
    pub(super) is_faulted: bool,
    /// The status that the server was told last.
    pub(super) said: String,
    /// The lifetime register.
    pub(super) register_wh: i64,
    /// The same of what cars gave back.
    pub(super) exported_wh: i64,
}

impl Evse {
    pub(super) fn new(id: i64) -> Self {
        let said = "Available".to_owned();
        let (register_wh, exported_wh) = (1_000 * id, 100 * id);
        let (is_plugged, is_faulted) = (false, false);
        Self { id, is_operative: true, scheduled: None, is_plugged, is_faulted, said, register_wh, exported_wh }
    }
}

impl State {
    pub(super) fn evse(&self, id: i64) -> Option<&Evse> {
        self.evses.iter().find(|evse| evse.id == id)
    }

    pub(super) fn evse_mut(&mut self, id: i64) -> Option<&mut Evse> {
        self.evses.iter_mut().find(|evse| evse.id == id)
    }

    pub(super) fn ids(&self) -> Vec<i64> {
        self.evses.iter().map(|evse| evse.id).collect()
    }

    pub(super) fn is_busy(&self, id: i64) -> bool {
        self.transactions.iter().any(|running| running.evse == id)
    }

    /// What an EVSE is, in the words of the version.
    pub(super) fn status_of(&self, evse: &Evse) -> &'static str {
        let is_v16 = self.version.is_v16();
        if evse.is_faulted {
            "Faulted"
        } else if self.is_busy(evse.id) {
            if is_v16 { "Charging" } else { "Occupied" }
        } else if !(evse.is_operative && self.operative) {
            "Unavailable"
        } else if evse.is_plugged {
            if is_v16 { "Preparing" } else { "Occupied" }
        } else if self.reservations.iter().any(|one| one.evse == evse.id) {
            "Reserved"
        } else {
            "Available"
        }
    }

    /// Says the status of an EVSE when it is another than the one that was said last.
    pub(super) fn tell_status(&mut self, id: i64) {
        let Some(evse) = self.evse(id) else { return };
        if self.status_of(evse) != evse.said {
            self.say_status(id);
        }
    }

    pub(super) fn tell_all(&mut self) {
        self.ids().into_iter().for_each(|id| self.tell_status(id));
    }

    pub(super) fn say_status(&mut self, id: i64) {
        let Some(evse) = self.evse(id) else { return };
        let status = self.status_of(evse);
        let payload = if self.version.is_v16() {
            let code = if evse.is_faulted { "OtherError" } else { "NoError" };
            json!({"connectorId": id, "errorCode": code, "status": status, "timestamp": time(self.now)})
        } else {
            json!({"timestamp": time(self.now), "connectorStatus": status, "evseId": id, "connectorId": 1})
        };
        self.said_status(id, status);
        self.say("StatusNotification", payload);
    }

    /// The station as a whole, connector 0 (1.6).
    pub(super) fn say_own_status(&mut self) {
        let status = if self.operative { "Available" } else { "Unavailable" };
        let payload = json!({"connectorId": 0, "errorCode": "NoError", "status": status, "timestamp": time(self.now)});
        self.say("StatusNotification", payload);
    }

    fn said_status(&mut self, id: i64, status: &str) {
        if let Some(evse) = self.evse_mut(id) {
            status.clone_into(&mut evse.said);
        }
        if !self.version.is_v16() {
            self.set_by_itself(&format!("EVSE@{id}"), "AvailabilityState", status);
            self.set_by_itself(&format!("Connector@{id}.1"), "AvailabilityState", status);
        }
    }

    /// Whoever holds the station has told a status.
    pub(super) fn heard_status(&mut self, said: &Value) {
        let id = said["evseId"].as_i64().or_else(|| said["connectorId"].as_i64()).unwrap_or_default();
        let status =
            said["connectorStatus"].as_str().or_else(|| said["status"].as_str()).unwrap_or_default().to_owned();
        let Some(evse) = self.evse_mut(id) else { return };
        if status == evse.said {
            return;
        }
        match status.as_str() {
            "Available" | "Reserved" => (evse.is_plugged, evse.is_faulted) = (false, false),
            "Faulted" => evse.is_faulted = true,
            "Unavailable" => {}
            _ => evse.is_plugged = true,
        }
        self.said_status(id, &status);
    }

    pub(super) fn plug(&mut self, id: i64, is_plugged: bool) {
        if let Some(evse) = self.evse_mut(id) {
            evse.is_plugged = is_plugged;
        }
        self.tell_status(id);
    }

    pub(super) fn fault(&mut self, id: i64, is_faulted: bool) {
        if let Some(evse) = self.evse_mut(id) {
            evse.is_faulted = is_faulted;
        }
        if is_faulted {
            self.drop_reservations_of(id);
        }
        self.tell_status(id);
    }
}
