//! OpenPeriodicEventStream (OCPP 2.1, block N).

use amprule_domain::event::{DiagnosticsEvent, StationEvent};

use crate::message::{Message, word};
use crate::payload::Trouble;
use crate::said::{Said, int};
use crate::strictness::Repairs;

pub(crate) const MESSAGE: Message = Message::once("OpenPeriodicEventStream", decode, word);

fn decode(payload: &str, repairs: &mut Repairs) -> Result<StationEvent, Trouble> {
    let said = Said::read(payload, repairs)?;
    let stream = said.value("constantStreamData");
    let id = said.repairs.needed("constantStreamData.id", int(&stream["id"]))?;
    Ok(StationEvent::Diagnostics(DiagnosticsEvent::StreamOpened { id, stream }))
}
