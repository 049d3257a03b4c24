//! What a car wants (ISO 15118; OCPP 2.0.1, K15 to K17). Whoever shares out power gives it a profile.

use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Needs {
    pub evse: u32,
    /// ChargingNeedsType, as it came.
    pub needs: Value,
}
