//! SecurityEventNotification (OCPP 2.0.1, 1.50).

use amprule_domain::event::{SecurityEvent, StationEvent};

use crate::message::{Message, empty};
use crate::payload::Trouble;
use crate::said::Said;
use crate::strictness::Repairs;

pub(crate) const MESSAGE: Message = Message::once("SecurityEventNotification", decode, empty);

pub(crate) fn decode(payload: &str, repairs: &mut Repairs) -> Result<StationEvent, Trouble> {
    let mut said = Said::read(payload, repairs)?;
    let what = said.text("type", 50)?;
    let what = said.repairs.needed("type", what)?;
    let at = said.time("timestamp")?;
    let details = said.text("techInfo", 255)?;
    Ok(StationEvent::Security(SecurityEvent::Happened { what, at, details }))
}
