//! Battery swaps (2.1 S): a request is answered by one battery in and one out.

use serde_json::{Value, json};

use super::asked::{Reply, accepted, refused};
use super::state::State;

impl State {
    pub(super) fn request_swap(&mut self, asked: &Value) -> Reply {
        if !self.model.is("BatterySwapCtrlr", "Enabled") {
            return Ok(refused(self.version, "Rejected", "NotEnabled"));
        }
        let free = self.ids().into_iter().find(|id| !self.is_busy(*id));
        let Some(slot) = free else { return Ok(refused(self.version, "Rejected", "NoBatteryAvailable")) };
        for (event, charge, serial) in [("BatteryIn", 12, "BAT-OLD"), ("BatteryOut", 96, "BAT-NEW")] {
            let battery = json!({"evseId": slot, "serialNumber": serial, "soC": charge, "soH": 98});
            let payload = json!({
                "batteryData": [battery], "eventType": event, "idToken": asked["idToken"], "requestId": asked["requestId"],
            });
            self.say("BatterySwap", payload);
        }
        Ok(accepted())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Version;
    use crate::whole::play::Play;

    #[test]
    fn one_battery_goes_in_and_one_comes_out() {
        let mut play = Play::new(Version::Ocpp21);
        let asked = json!({"requestId": 6, "idToken": {"idToken": "CARD", "type": "ISO14443"}});
        play.check("RequestBatterySwap", asked.clone(), json!({"status": "Accepted"}));
        let swap = |event: &str| ("BatterySwap", json!({"requestId": 6, "eventType": event}));
        play.follows(&[swap("BatteryIn"), swap("BatteryOut")]);
        play.state.model.put("BatterySwapCtrlr", "Enabled", false);
        play.check("RequestBatterySwap", asked, json!({"status": "Rejected"}));
    }
}
