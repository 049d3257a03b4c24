//! What the standard forbids the server to send, beyond the shape of it.

use serde_json::Value;

use crate::dialect::Dialect;
use crate::shapes::CommandFault;
use crate::version::Version;

impl Dialect {
    /// Holds an operator's request against its shape, and against what the standard forbids us.
    ///
    /// # Errors
    /// The first fault, with its place and the clause.
    pub fn check_order(self, action: &str, payload: &str) -> Result<(), CommandFault> {
        self.check_command(action, payload)?;
        let asked: Value = serde_json::from_str(payload).unwrap_or_default();
        let is_v16 = self.version == Version::V16;
        match action {
            "SetChargingProfile" if is_v16 => {
                profile("/csChargingProfiles", &asked["csChargingProfiles"], &asked["connectorId"], Use::Set16)
            }
            "SetChargingProfile" => profile("/chargingProfile", &asked["chargingProfile"], &asked["evseId"], Use::Set),
            "RemoteStartTransaction" | "RequestStartTransaction" if asked["chargingProfile"].is_object() => {
                let place = if is_v16 { &asked["connectorId"] } else { &asked["evseId"] };
                profile("/chargingProfile", &asked["chargingProfile"], place, Use::Start)
            }
            "SendLocalList" if asked["updateType"] == "Full" => full_list(&asked),
            _ => Ok(()),
        }
    }
}

/// What a profile is sent for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    Set16,
    Set,
    Start,
}

fn profile(path: &str, profile: &Value, evse: &Value, sent: Use) -> Result<(), CommandFault> {
    let purpose = profile["chargingProfilePurpose"].as_str().unwrap_or_default();
    let kind = profile["chargingProfileKind"].as_str().unwrap_or_default();
    let fault = |member: &str, rule: &str| Err(invalid(format!("{path}/{member}"), rule));
    let is_most = ["ChargePointMaxProfile", "ChargingStationMaxProfile"].contains(&purpose);
    if sent == Use::Start && purpose != "TxProfile" {
        return fault("chargingProfilePurpose", "is TxProfile where it comes with a start (F01.FR.09; 1.6, 5.16.2)");
    }
    if sent == Use::Start && !profile["transactionId"].is_null() {
        return fault("transactionId", "is not known before the start (F01.FR.11; 1.6, 3.13.1)");
    }
    if purpose == "ChargingStationExternalConstraints" {
        return fault("chargingProfilePurpose", "is the station's own to set (K01.FR.22)");
    }
    if is_most && evse.as_i64() != Some(0) {
        return fault("chargingProfilePurpose", "is for the station as a whole, 0 (K03; 1.6, 5.16.3)");
    }
    if is_most && kind == "Relative" {
        return fault("chargingProfileKind", "has no transaction that it could begin with (K01.FR.38)");
    }
    if purpose == "TxProfile" && sent != Use::Start && evse.as_i64() == Some(0) {
        return fault(
            "chargingProfilePurpose",
            "is for the EVSE of the transaction, not for 0 (K01.FR.16; 1.6, 5.16.3)",
        );
    }
    if purpose == "TxProfile" && sent == Use::Set && profile["transactionId"].is_null() {
        return fault("transactionId", "is required for a TxProfile (K01.FR.03)");
    }
    match &profile["chargingSchedule"] {
        Value::Array(schedules) => schedules
            .iter()
            .enumerate()
            .try_for_each(|(at, one)| schedule(&format!("{path}/chargingSchedule/{at}"), one, kind, sent)),
        one => schedule(&format!("{path}/chargingSchedule"), one, kind, sent),
    }
}

fn schedule(path: &str, schedule: &Value, kind: &str, sent: Use) -> Result<(), CommandFault> {
    let has_start = !schedule["startSchedule"].is_null();
    let start = format!("{path}/startSchedule");
    if kind == "Relative" && has_start {
        return Err(invalid(start, "must be left out: a relative profile begins with its transaction (K01.FR.41)"));
    }
    // In 1.6 one that begins at no given time begins with the charging (7.13).
    if !has_start && (kind == "Recurring" || (kind == "Absolute" && sent == Use::Set)) {
        return Err(invalid(start, "is required where the profile is not relative (K01.FR.40; 1.6, 7.13)"));
    }
    let periods = schedule["chargingSchedulePeriod"].as_array().map(Vec::as_slice).unwrap_or_default();
    let start_of = |period: &Value| period["startPeriod"].as_i64().unwrap_or_default();
    for (at, period) in periods.iter().enumerate() {
        let place = |member: &str| format!("{path}/chargingSchedulePeriod/{at}/{member}");
        if at == 0 && start_of(period) != 0 {
            return Err(invalid(place("startPeriod"), "of the first period is 0 (K01.FR.31; 1.6, 7.14)"));
        }
        if at > 0 && start_of(period) <= start_of(&periods[at - 1]) {
            return Err(invalid(place("startPeriod"), "must be later than the one before (K01.FR.35)"));
        }
        let has_more = |limit: f64| (limit * 10.0 - (limit * 10.0).round()).abs() > 1e-6 * limit.abs().max(1.0);
        if period["limit"].as_f64().is_some_and(has_more) {
            return Err(invalid(place("limit"), "must have at most one decimal (ChargingSchedulePeriodType)"));
        }
    }
    Ok(())
}

/// An entry without information is one to be forgotten, which a full list has not (D01.FR.05; 1.6, 5.15).
fn full_list(asked: &Value) -> Result<(), CommandFault> {
    let entries = asked["localAuthorizationList"].as_array().map(Vec::as_slice).unwrap_or_default();
    let bare = entries.iter().position(|entry| entry["idTokenInfo"].is_null() && entry["idTagInfo"].is_null());
    match bare {
        Some(at) => Err(invalid(
            format!("/localAuthorizationList/{at}"),
            "says nothing of its token; in a full list each does (D01.FR.05; 1.6, 5.15)",
        )),
        None => Ok(()),
    }
}

fn invalid(path: String, rule: &str) -> CommandFault {
    CommandFault::Invalid { path, message: rule.to_owned() }
}
