//! ReserveNow (OCPP 2.0.1, 1.48).

use amprule_domain::event::{Reservation, ReservationEvent, StationEvent};
use serde_json::Value;

use crate::request::{Request, says};
use crate::said::{int, plain, positive};

pub(crate) const REQUEST: Request = Request::named("ReserveNow").means(outcome);

fn outcome(asked: &Value, answered: &Value) -> Option<StationEvent> {
    if !says(answered, "Accepted") {
        return None;
    }
    let reservation = Reservation {
        id_token: asked["idToken"].clone(),
        group: plain(&asked["groupIdToken"]["idToken"]),
        evse: positive(&asked["evseId"]),
        connector_type: plain(&asked["connectorType"]),
        expires_at: asked["expiryDateTime"].as_str()?.parse().ok()?,
    };
    Some(StationEvent::Reservation(ReservationEvent::Made { id: int(&asked["id"])?, reservation }))
}
