//! ClearChargingProfile (OCPP 2.0.1, 1.10).

use amprule_domain::event::{Criteria, SmartChargingEvent, StationEvent};
use serde_json::Value;

use crate::request::{Request, says};
use crate::said::{int, plain, positive};

pub(crate) const REQUEST: Request = Request::named("ClearChargingProfile").means(outcome);

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
