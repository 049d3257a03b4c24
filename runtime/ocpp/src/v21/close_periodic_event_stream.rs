//! ClosePeriodicEventStream (OCPP 2.1, block N).

use amprule_domain::event::{DiagnosticsEvent, StationEvent};

use crate::message::{Message, empty};
use crate::payload::Trouble;
use crate::said::Said;
use crate::strictness::Repairs;

pub(crate) const MESSAGE: Message = Message::once("ClosePeriodicEventStream", decode, empty);

fn decode(payload: &str, repairs: &mut Repairs) -> Result<StationEvent, Trouble> {
    let id = Said::read(payload, repairs)?.number("id")?;
    Ok(StationEvent::Diagnostics(DiagnosticsEvent::StreamClosed { id }))
}
