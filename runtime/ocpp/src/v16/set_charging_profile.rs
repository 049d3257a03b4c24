//! SetChargingProfile (OCPP 1.6, 5.16), as far as a limit needs it: one period, from the start of the transaction on.

use amprule_domain::command::{Command, Most};
use amprule_domain::event::{SmartChargingEvent, StationEvent};
use amprule_domain::smart_charging::numbers;
use serde_json::{Value, json};

use crate::encode::{Object, Times};
use crate::request::{Request, says};
use crate::said::{int, plain, positive};
use crate::v16::clear_charging_profile::purpose_in_v2;
use crate::v16::words;

pub(crate) const REQUEST: Request = Request::typed("SetChargingProfile", encode).means(outcome);

fn encode(command: &Command, times: Times) -> Option<String> {
    let Command::Limit { evse, transaction, most, phases, .. } = command else { return None };
    let number = transaction.as_ref().map(words::number);
    if number == Some(None) {
        return None;
    }
    let number = number.flatten();
    let profile = Object::new(times)
        .raw("chargingProfileId", numbers::number(*evse, number.is_some()))
        .maybe(number, |object, number| object.raw("transactionId", number))
        .raw("stackLevel", 0)
        .text("chargingProfilePurpose", words::purpose(number.is_some()))
        .text("chargingProfileKind", "Relative")
        .raw("chargingSchedule", schedule(*most, *phases, times))
        .finish();
    Some(Object::new(times).raw("connectorId", evse).raw("csChargingProfiles", profile).finish())
}

/// ChargingSchedule (7.13).
fn schedule(most: Most, phases: Option<u8>, times: Times) -> String {
    let (unit, limit) = words::limit(most);
    let period = Object::new(times).raw("startPeriod", 0).raw("limit", limit);
    let period = period.maybe(phases, |object, phases| object.raw("numberPhases", phases)).finish();
    Object::new(times).text("chargingRateUnit", unit).raw("chargingSchedulePeriod", format!("[{period}]")).finish()
}

/// One of the same purpose and level is replaced (5.16.1).
fn outcome(asked: &Value, answered: &Value) -> Option<StationEvent> {
    if !says(answered, "Accepted") {
        return None;
    }
    let (evse, profile) = (positive(&asked["connectorId"])?, as_in_v2(&asked["csChargingProfiles"]));
    Some(StationEvent::SmartCharging(SmartChargingEvent::Installed { evse, profile, replaces_level: true }))
}

/// ChargingProfile as ChargingProfileType of 2.x.
pub(crate) fn as_in_v2(profile: &Value) -> Value {
    let mut schedule = profile["chargingSchedule"].clone();
    schedule["id"] = json!(1);
    let mut said = profile.clone();
    said["id"] = profile["chargingProfileId"].clone();
    said["chargingProfilePurpose"] = json!(plain(&profile["chargingProfilePurpose"]).map(purpose_in_v2));
    said["chargingSchedule"] = json!([schedule]);
    if let Some(number) = int(&profile["transactionId"]) {
        said["transactionId"] = json!(number.to_string());
    }
    if let Value::Object(said) = &mut said {
        said.remove("chargingProfileId");
    }
    said
}
