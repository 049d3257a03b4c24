//! ClearChargingProfile (OCPP 1.6, 5.4).

use amprule_domain::command::Command;
use amprule_domain::event::{Criteria, SmartChargingEvent, StationEvent};
use serde_json::Value;

use crate::encode::{Object, Times};
use crate::request::{Request, says};
use crate::said::{int, plain, positive};
use crate::v16::words::purpose;

pub(crate) const REQUEST: Request = Request::typed("ClearChargingProfile", encode).means(outcome);

fn encode(command: &Command, times: Times) -> Option<String> {
    let Command::ClearLimits { evse } = command else { return None };
    Some(Object::new(times).raw("connectorId", evse).text("chargingProfilePurpose", purpose(false)).finish())
}

/// `Unknown`: it held none like this.
fn outcome(asked: &Value, answered: &Value) -> Option<StationEvent> {
    if !says(answered, "Accepted") && !says(answered, "Unknown") {
        return None;
    }
    Some(StationEvent::SmartCharging(SmartChargingEvent::Cleared(Criteria {
        ids: int(&asked["id"]).into_iter().collect(),
        evse: positive(&asked["connectorId"]),
        purpose: plain(&asked["chargingProfilePurpose"]).map(purpose_in_v2),
        stack_level: int(&asked["stackLevel"]),
        sources: Vec::new(),
    })))
}

/// The station's most has another name in 2.x.
pub(crate) fn purpose_in_v2(word: String) -> String {
    if word == "ChargePointMaxProfile" { "ChargingStationMaxProfile".to_owned() } else { word }
}
