//! NotifyDisplayMessages (OCPP 2.0.1, 1.38).

use amprule_domain::event::{DisplayEvent, StationEvent};

use crate::message::{Message, empty};
use crate::payload::Trouble;
use crate::said::Said;
use crate::strictness::Repairs;

pub(crate) const MESSAGE: Message = Message::once("NotifyDisplayMessages", decode, empty);

fn decode(payload: &str, repairs: &mut Repairs) -> Result<StationEvent, Trouble> {
    let mut said = Said::read(payload, repairs)?;
    let request = said.number("requestId")?;
    let messages = said.objects("messageInfo")?;
    let is_last = !said.truth("tbc")?;
    Ok(StationEvent::Display(DisplayEvent::Reported { request, messages, is_last }))
}
