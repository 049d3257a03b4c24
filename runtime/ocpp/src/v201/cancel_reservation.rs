//! CancelReservation (OCPP 2.0.1, 1.4; 1.6, 5.1).

use amprule_domain::event::{ReservationEvent, StationEvent};
use serde_json::Value;

use crate::request::{Request, says};
use crate::said::int;

pub(crate) const REQUEST: Request = Request::named("CancelReservation").means(outcome);

/// `Rejected`: the station knows none of this number.
fn outcome(asked: &Value, answered: &Value) -> Option<StationEvent> {
    let was_there = says(answered, "Accepted");
    if !was_there && !says(answered, "Rejected") {
        return None;
    }
    let id = int(&asked["reservationId"])?;
    Some(StationEvent::Reservation(ReservationEvent::Cancelled { id, was_there }))
}
