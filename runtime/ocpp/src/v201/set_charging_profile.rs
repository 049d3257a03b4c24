//! SetChargingProfile (OCPP 2.0.1, 1.55), as far as a limit needs it: one period, from the start of the transaction on.

use amprule_domain::command::{Command, Most};
use amprule_domain::event::{SmartChargingEvent, StationEvent};
use amprule_domain::smart_charging::numbers;
use serde_json::Value;

use crate::encode::{Object, Times};
use crate::request::{Request, says};
use crate::said::positive;
use crate::v16::words::{limit, purpose};

pub(crate) const REQUEST: Request = Request::typed("SetChargingProfile", encode).means(outcome);

fn encode(command: &Command, times: Times) -> Option<String> {
    let Command::Limit { evse, transaction, most, phases, above } = command else { return None };
    let profile = Object::new(times)
        .raw("id", numbers::number(*evse, transaction.is_some()).saturating_add(*above))
        .raw("stackLevel", 0)
        .text("chargingProfilePurpose", purpose(transaction.is_some()))
        .text("chargingProfileKind", "Relative")
        .maybe(transaction.as_ref(), |object, transaction| object.text("transactionId", transaction.as_str()))
        .raw("chargingSchedule", format!("[{}]", schedule(*most, *phases, times)))
        .finish();
    Some(Object::new(times).raw("evseId", evse).raw("chargingProfile", profile).finish())
}

/// ChargingScheduleType.
fn schedule(most: Most, phases: Option<u8>, times: Times) -> String {
    let (unit, limit) = limit(most);
    let period = Object::new(times).raw("startPeriod", 0).raw("limit", limit);
    let period = period.maybe(phases, |object, phases| object.raw("numberPhases", phases)).finish();
    let schedule = Object::new(times).raw("id", 1).text("chargingRateUnit", unit);
    schedule.raw("chargingSchedulePeriod", format!("[{period}]")).finish()
}

fn outcome(asked: &Value, answered: &Value) -> Option<StationEvent> {
    if !says(answered, "Accepted") {
        return None;
    }
    let (evse, profile) = (positive(&asked["evseId"])?, asked["chargingProfile"].clone());
    Some(StationEvent::SmartCharging(SmartChargingEvent::Installed { evse, profile, replaces_level: false }))
}
