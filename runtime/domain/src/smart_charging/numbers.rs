//! The numbers of our own profiles. A station may keep those up to a bound for limits from outside, and refuses them to us (OCPP 2.1,
//! K01.FR.80 and 81).

use serde_json::Value;

use crate::command::Command;
use crate::variable::{ACTUAL, Place};

/// The variable that names the bound.
pub fn bound_at() -> Place {
    Place::of("SmartChargingCtrlr", "MaxExternalConstraintsId")
}

/// The greatest number that is not ours. `None`: the station does not say. `variable`: as it is held.
pub fn bound(variable: &Value) -> Option<i64> {
    variable["attributes"][ACTUAL]["value"].as_str()?.trim().parse().ok()
}

/// Of a limit at this EVSE, where the station keeps none for others. One profile replaces another of the same number, wherever that
/// is (1.6, 5.16.1; 2.0.1, K01.FR.05).
pub const fn number(evse: u32, is_of_transaction: bool) -> u32 {
    evse.saturating_mul(2).saturating_add(is_of_transaction as u32)
}

impl Command {
    /// The number that its profile has where nobody else has one. `None`: it is no limit.
    pub const fn profile_number(&self) -> Option<u32> {
        match self {
            Self::Limit { evse, transaction, .. } => Some(number(*evse, transaction.is_some())),
            _ => None,
        }
    }

    /// A limit with a number above the bound. `held`: what the station holds under [`Self::profile_number`]; ours that it has taken
    /// is replaced there, for beside it another one would be a second of its level (K01.FR.06).
    #[must_use]
    pub fn numbered_above(mut self, bound: i64, held: Option<&Value>) -> Self {
        let room = i64::from(i32::MAX) - i64::from(self.profile_number().unwrap_or_default());
        if let Self::Limit { evse, transaction, above, .. } = &mut self {
            let purpose = if transaction.is_some() { "TxProfile" } else { "TxDefaultProfile" };
            let is_ours = |held: &Value| held["evse"] == *evse && held["profile"]["chargingProfilePurpose"] == purpose;
            let bound = if held.is_some_and(is_ours) { 0 } else { bound.clamp(0, room.max(0)) };
            *above = u32::try_from(bound).unwrap_or_default();
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::TransactionId;
    use crate::command::Most;

    #[test]
    fn a_limit_has_a_number_above_the_bound_unless_the_station_has_taken_it_below() {
        let limit = |of: Option<&str>| Command::Limit {
            evse: 1,
            transaction: of.map(TransactionId::new),
            most: Most::DeciAmperes(60),
            phases: None,
            above: 0,
        };
        let held =
            |evse: u32, purpose: &str| json!({"evse": evse, "profile": {"id": 2, "chargingProfilePurpose": purpose}});
        let (ours, theirs) = (held(1, "TxDefaultProfile"), held(0, "ChargingStationExternalConstraints"));
        let above = |command: Command| match command {
            Command::Limit { above, .. } => above,
            other => panic!("{other:?}"),
        };
        let cases = [
            (None, 100, None, 100),
            (None, 100, Some(&theirs), 100),
            (None, 100, Some(&ours), 0),
            (Some("t-1"), 100, Some(&ours), 100),
            (None, -1, None, 0),
            (None, i64::MAX, None, 2_147_483_645),
        ];
        for (transaction, bound, held, expect) in cases {
            let numbered = limit(transaction).numbered_above(bound, held);
            assert_eq!(above(numbered), expect, "{transaction:?} {bound} {held:?}");
        }
        let variable = |value: &str| json!({"attributes": {"Actual": {"value": value}}});
        assert_eq!(["100", " 7 ", "", "many"].map(|value| bound(&variable(value))), [Some(100), Some(7), None, None]);
    }
}
