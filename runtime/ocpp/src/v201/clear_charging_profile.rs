//! ClearChargingProfile (OCPP 2.0.1, 1.10).

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
    let like = Object::new(times).raw("evseId", evse).text("chargingProfilePurpose", purpose(false)).finish();
    Some(Object::new(times).raw("chargingProfileCriteria", like).finish())
}

/// `Unknown`: it held none like this.
fn outcome(asked: &Value, answered: &Value) -> Option<StationEvent> {
    if !says(answered, "Accepted") && !says(answered, "Unknown") {
        return None;
    }
    let like = &asked["chargingProfileCriteria"];
    Some(StationEvent::SmartCharging(SmartChargingEvent::Cleared(Criteria {
        ids: int(&asked["chargingProfileId"]).into_iter().collect(),
        evse: positive(&like["evseId"]),
        purpose: plain(&like["chargingProfilePurpose"]),
        stack_level: int(&like["stackLevel"]),
        sources: Vec::new(),
    })))
}
