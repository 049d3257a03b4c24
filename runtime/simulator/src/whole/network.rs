//! Network connection profiles: SetNetworkProfile and the list of slots (2.0.1 B09, A05).

use serde_json::Value;

use super::asked::{Reply, accepted, integer, refused, word};
use super::state::State;
use crate::StationSettings;

/// What stands in a slot.
pub(super) struct Slot {
    pub(super) security: i64,
    /// As the server wrote it.
    pub(super) data: Value,
}

impl State {
    pub(super) fn set_network_profile(&mut self, asked: &Value) -> Reply {
        let slot = integer(asked, "configurationSlot").unwrap_or(-1);
        let data = &asked["connectionData"];
        let security = integer(data, "securityProfile").unwrap_or(-1);
        let present = self.model.integer("SecurityCtrlr", "SecurityProfile").unwrap_or(0);
        let slots = self.model.get("OCPPCommCtrlr", "NetworkConfigurationPriority");
        let is_slot = slots.is_some_and(|variable| variable.has_word(&slot.to_string()));
        let is_in_use = self.model.lists("OCPPCommCtrlr", "NetworkConfigurationPriority", &slot.to_string());
        let url = word(data, "ocppCsmsUrl");
        let refusal = if !is_slot {
            Some(("Rejected", "InvalidConfSlot"))
        } else if self.version.is_v21() && is_in_use {
            // B09.FR.21: what is in the list may be in use.
            Some(("Rejected", "PriorityNetworkConf"))
        } else if security < present {
            // B09.FR.04.
            Some(("Rejected", "NoSecurityDowngrade"))
        } else if word(data, "ocppTransport") != "JSON" {
            Some(("Rejected", "UnsupportedParam"))
        } else if !url.starts_with("ws://") && !url.starts_with("wss://") {
            Some(("Failed", "InvalidURL"))
        } else {
            None
        };
        if let Some((status, reason)) = refusal {
            return Ok(refused(self.version, status, reason));
        }
        self.network.insert(slot, Slot { security, data: data.clone() });
        Ok(accepted())
    }

    /// Where the station connects next: the active slot, and after so many failures the next one in the list. It speaks no TLS:
    /// with a slot that leads there it fails.
    pub(super) fn next_connection(
        &mut self,
        mut settings: StationSettings,
        failed: u32,
    ) -> (StationSettings, Option<Vec<u8>>) {
        let attempts = self.model.integer("OCPPCommCtrlr", "NetworkProfileConnectionAttempts").unwrap_or(1).max(1);
        if failed > 0 && i64::from(failed) % attempts == 0 {
            self.activate_next_slot();
        }
        let active = self.model.integer("OCPPCommCtrlr", "ActiveNetworkProfile").unwrap_or_default();
        if let Some(slot) = self.network.get(&active) {
            word(&slot.data, "ocppCsmsUrl").clone_into(&mut settings.url);
            if let Some(password) = slot.data["basicAuthPassword"].as_str() {
                return (settings, Some(password.as_bytes().to_vec()));
            }
        }
        (settings, self.password.clone().filter(|_| self.has_password))
    }

    fn activate_next_slot(&mut self) {
        let active = self.model.value("OCPPCommCtrlr", "ActiveNetworkProfile");
        let slots: Vec<&str> =
            self.model.value("OCPPCommCtrlr", "NetworkConfigurationPriority").split(',').map(str::trim).collect();
        let at = slots.iter().position(|slot| *slot == active).unwrap_or_default();
        let next = slots.get((at + 1) % slots.len()).copied().unwrap_or("1").to_owned();
        if let Ok(slot) = next.parse() {
            self.use_slot(slot);
        }
    }

    /// The slot that was there from the beginning has the profile that the station came with.
    fn use_slot(&mut self, slot: i64) {
        let security = self.network.get(&slot).map_or(i64::from(self.has_password), |slot| slot.security);
        self.model.put("OCPPCommCtrlr", "ActiveNetworkProfile", slot);
        self.model.put("SecurityCtrlr", "SecurityProfile", security);
    }

    /// After a boot the first slot of the list is the active one.
    pub(super) fn follow_network_priority(&mut self) {
        let first = self.model.value("OCPPCommCtrlr", "NetworkConfigurationPriority").split(',').next();
        let Some(slot) = first.and_then(|slot| slot.trim().parse::<i64>().ok()) else { return };
        if let Some(security) = self.network.get(&slot).map(|slot| slot.security) {
            self.has_password |= security > 0 && self.password.is_some();
            self.use_slot(slot);
        } else {
            self.model.put("OCPPCommCtrlr", "ActiveNetworkProfile", slot);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::Version;
    use crate::whole::play::Play;

    #[test]
    fn a_slot_is_filled_and_then_listed() {
        let mut play = Play::new(Version::Ocpp21);
        let profile = |slot: i64, security: i64, url: &str| {
            json!({"configurationSlot": slot, "connectionData": {
                "securityProfile": security, "ocppCsmsUrl": url, "ocppTransport": "JSON", "ocppInterface": "Wired0",
                "messageTimeout": 30, "ocppVersion": "OCPP21",
            }})
        };
        let rows = [
            (profile(9, 1, "wss://a"), "Rejected"),
            (profile(1, 1, "wss://a"), "Rejected"),
            (profile(2, 0, "wss://a"), "Rejected"),
            (profile(2, 2, "http://a"), "Failed"),
            (profile(2, 2, "wss://a"), "Accepted"),
        ];
        for (asked, status) in rows {
            play.check("SetNetworkProfile", asked, json!({"status": status}));
        }
        let priority = |value: &str| {
            let (component, variable) =
                (json!({"name": "OCPPCommCtrlr"}), json!({"name": "NetworkConfigurationPriority"}));
            json!({"setVariableData": [{"attributeValue": value, "component": component, "variable": variable}]})
        };
        for (value, status) in [("3", "Rejected"), ("2,1", "RebootRequired")] {
            let expected = json!({"setVariableResult": [{"attributeStatus": status}]});
            play.check("SetVariables", priority(value), expected);
        }
        play.ask("Reset", json!({"type": "OnIdle"}));
        assert_eq!(play.state.model.value("OCPPCommCtrlr", "ActiveNetworkProfile"), "2");
        assert_eq!(play.state.model.value("SecurityCtrlr", "SecurityProfile"), "2");
    }
}
