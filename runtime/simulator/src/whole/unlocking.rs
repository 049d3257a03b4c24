//! UnlockConnector (2.0.1 F05).

use serde_json::Value;

use super::asked::{Reply, integer, status};
use super::state::State;

impl State {
    pub(super) fn unlock(&mut self, asked: &Value) -> Reply {
        let is_v16 = self.version.is_v16();
        let connector = integer(asked, "connectorId").unwrap_or_default();
        let (id, connector) =
            if is_v16 { (connector, 1) } else { (integer(asked, "evseId").unwrap_or_default(), connector) };
        if self.evse(id).is_none() || connector != 1 {
            return Ok(status(if is_v16 { "NotSupported" } else { "UnknownConnector" }));
        }
        if self.is_busy(id) {
            if !is_v16 {
                return Ok(status("OngoingAuthorizedTransaction"));
            }
            // 1.6: the transaction ends first.
            self.end_all(Some(id), "UnlockCommand", "UnlockCommand");
        } else if self.habits.cars {
            self.plug(id, false);
        }
        Ok(status("Unlocked"))
    }
}
