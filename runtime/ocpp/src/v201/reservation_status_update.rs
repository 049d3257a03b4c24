//! ReservationStatusUpdate (OCPP 2.0.1, 1.47).

use amprule_domain::event::{ReservationEvent, StationEvent};

use crate::message::{Message, empty};
use crate::payload::Trouble;
use crate::said::Said;
use crate::strictness::Repairs;

pub(crate) const MESSAGE: Message = Message::once("ReservationStatusUpdate", decode, empty);

/// ReservationUpdateStatusEnumType; the last one is of 2.1.
const WORDS: &[&str] = &["Expired", "Removed", "NoTransaction"];

fn decode(payload: &str, repairs: &mut Repairs) -> Result<StationEvent, Trouble> {
    let mut said = Said::read(payload, repairs)?;
    let id = said.number("reservationId")?;
    let how = said.word("reservationUpdateStatus", WORDS)?;
    Ok(StationEvent::Reservation(ReservationEvent::Ended { id, how }))
}
