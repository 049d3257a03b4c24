//! RemoteStartTransaction (OCPP 1.6, 5.11). A connector is an EVSE here.

use amprule_domain::command::Command;
use amprule_domain::event::{SmartChargingEvent, StationEvent};
use serde_json::Value;

use crate::encode::{Object, Times};
use crate::request::{Request, says};
use crate::said::positive;
use crate::v16::set_charging_profile::as_in_v2;

pub(crate) const REQUEST: Request = Request::typed("RemoteStartTransaction", encode).means(outcome);

fn encode(command: &Command, times: Times) -> Option<String> {
    let Command::Start { token, evse, .. } = command else { return None };
    let request = Object::new(times).maybe(*evse, |object, evse| object.raw("connectorId", evse));
    Some(request.text("idTag", &token.id_token).finish())
}

/// A profile that comes with it is its transaction's.
fn outcome(asked: &Value, answered: &Value) -> Option<StationEvent> {
    let evse = positive(&asked["connectorId"])
        .filter(|_| says(answered, "Accepted") && asked["chargingProfile"].is_object())?;
    let profile = as_in_v2(&asked["chargingProfile"]);
    Some(StationEvent::SmartCharging(SmartChargingEvent::Installed { evse, profile, replaces_level: true }))
}
