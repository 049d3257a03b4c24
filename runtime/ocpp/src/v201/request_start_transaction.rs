//! RequestStartTransaction (OCPP 2.0.1, 1.48).

use amprule_domain::command::Command;
use amprule_domain::event::{SmartChargingEvent, StationEvent};
use serde_json::Value;

use crate::encode::{Object, Times};
use crate::request::{Request, says};
use crate::said::positive;
use crate::v201::words;

pub(crate) const REQUEST: Request = Request::typed("RequestStartTransaction", encode).means(outcome);

fn encode(command: &Command, times: Times) -> Option<String> {
    let Command::Start { token, evse, number, .. } = command else { return None };
    let request = Object::new(times).maybe(*evse, |object, evse| object.raw("evseId", evse));
    Some(request.raw("remoteStartId", number).raw("idToken", words::id_token(token, times)).finish())
}

/// A profile that comes with it is its transaction's.
fn outcome(asked: &Value, answered: &Value) -> Option<StationEvent> {
    let evse =
        positive(&asked["evseId"]).filter(|_| says(answered, "Accepted") && asked["chargingProfile"].is_object())?;
    let profile = asked["chargingProfile"].clone();
    Some(StationEvent::SmartCharging(SmartChargingEvent::Installed { evse, profile, replaces_level: false }))
}
