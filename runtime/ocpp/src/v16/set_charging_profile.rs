//! SetChargingProfile (OCPP 1.6, 5.16), as far as a limit needs it: one period, from the start of the transaction on.

use amprule_domain::command::{Command, Most};

use crate::encode::{Object, Times};
use crate::request::{Request, status};
use crate::v16::words;

pub(crate) const REQUEST: Request = Request { action: "SetChargingProfile", encode, decode: status };

fn encode(command: &Command, times: Times) -> Option<String> {
    let Command::Limit { evse, transaction, most, phases } = command else { return None };
    let number = transaction.as_ref().map(words::number);
    if number == Some(None) {
        return None;
    }
    let number = number.flatten();
    let profile = Object::new(times)
        .raw("chargingProfileId", words::limit_id(*evse, number.is_some()))
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
