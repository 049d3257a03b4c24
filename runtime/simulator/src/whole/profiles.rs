//! A charging profile as a station keeps it: in the server's own words, with what the station must know of it.

use jiff::Timestamp;
use serde_json::Value;

use super::asked::{integer, word};

#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// 0: the station as a whole. In 1.6 the connector.
    pub evse: i64,
    /// As the server wrote it.
    pub value: Value,
    pub received: Timestamp,
    /// Of a TxProfile, also when it came with a remote start.
    pub transaction: Option<String>,
}

impl Profile {
    pub fn id(&self) -> i64 {
        id_of(&self.value)
    }

    pub fn stack_level(&self) -> i64 {
        integer(&self.value, "stackLevel").unwrap_or_default()
    }

    /// In the words of 2.0.1.
    pub fn purpose(&self) -> &str {
        purpose_of(&self.value)
    }

    pub fn kind(&self) -> &str {
        word(&self.value, "chargingProfileKind")
    }

    /// There is one, or up to three where the car may choose.
    pub fn schedules(&self) -> &[Value] {
        schedules_of(&self.value)
    }
}

pub(super) fn id_of(profile: &Value) -> i64 {
    integer(profile, "id").or_else(|| integer(profile, "chargingProfileId")).unwrap_or_default()
}

pub(super) fn purpose_of(profile: &Value) -> &str {
    match word(profile, "chargingProfilePurpose") {
        "ChargePointMaxProfile" => "ChargingStationMaxProfile",
        purpose => purpose,
    }
}

/// 1.6 has one, which is no list.
pub(super) fn schedules_of(profile: &Value) -> &[Value] {
    match &profile["chargingSchedule"] {
        Value::Array(schedules) => schedules,
        Value::Null => &[],
        one => std::slice::from_ref(one),
    }
}
