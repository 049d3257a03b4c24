//! NotifyDERAlarm (OCPP 2.1, block R).

use amprule_domain::event::{GridEvent, StationEvent};

use crate::message::{Message, empty};
use crate::payload::Trouble;
use crate::said::Said;
use crate::strictness::Repairs;

pub(crate) const MESSAGE: Message = Message::once("NotifyDERAlarm", decode, empty);

fn decode(payload: &str, repairs: &mut Repairs) -> Result<StationEvent, Trouble> {
    let mut said = Said::read(payload, repairs)?;
    let control = said.text("controlType", 50)?;
    let control = said.repairs.needed("controlType", control)?;
    let is_over = said.truth("alarmEnded")?;
    Ok(StationEvent::Grid(GridEvent::Alarm { what: control, is_over, alarm: said.into_value() }))
}
