//! ReserveNow (OCPP 1.6, 5.13).

use amprule_domain::event::{Reservation, ReservationEvent, StationEvent};
use serde_json::{Value, json};

use crate::request::{Request, says};
use crate::said::{int, plain, positive};

pub(crate) const REQUEST: Request = Request::named("ReserveNow").means(outcome);

/// Connector 0 is any of the station's.
fn outcome(asked: &Value, answered: &Value) -> Option<StationEvent> {
    if !says(answered, "Accepted") {
        return None;
    }
    let reservation = Reservation {
        id_token: json!({ "idToken": asked["idTag"] }),
        group: plain(&asked["parentIdTag"]),
        evse: positive(&asked["connectorId"]).filter(|connector| *connector > 0),
        connector_type: None,
        expires_at: asked["expiryDate"].as_str()?.parse().ok()?,
    };
    Some(StationEvent::Reservation(ReservationEvent::Made { id: int(&asked["reservationId"])?, reservation }))
}
