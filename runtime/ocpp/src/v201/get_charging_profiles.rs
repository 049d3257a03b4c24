//! GetChargingProfiles (OCPP 2.0.1, 1.25).

use amprule_domain::event::{Criteria, SmartChargingEvent, StationEvent};
use serde_json::Value;

use crate::request::{Request, says};
use crate::said::{int, plain, positive};

pub(crate) const REQUEST: Request = Request::named("GetChargingProfiles").means(outcome);

fn outcome(asked: &Value, answered: &Value) -> Option<StationEvent> {
    let has_some = says(answered, "Accepted");
    if !has_some && !says(answered, "NoProfiles") {
        return None;
    }
    let like = &asked["chargingProfile"];
    let criteria = Criteria {
        ids: like["chargingProfileId"].as_array().into_iter().flatten().filter_map(int).collect(),
        evse: positive(&asked["evseId"]),
        purpose: plain(&like["chargingProfilePurpose"]),
        stack_level: int(&like["stackLevel"]),
        sources: like["chargingLimitSource"].as_array().into_iter().flatten().filter_map(plain).collect(),
    };
    let request = int(&asked["requestId"])?;
    Some(StationEvent::SmartCharging(SmartChargingEvent::Inquired { request, criteria, has_some }))
}
