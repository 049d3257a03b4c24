//! NotifyDERStartStop (OCPP 2.1, block R).

use amprule_domain::event::{GridEvent, StationEvent};

use crate::message::{Message, empty};
use crate::payload::Trouble;
use crate::said::{Said, plain};
use crate::strictness::Repairs;

pub(crate) const MESSAGE: Message = Message::once("NotifyDERStartStop", decode, empty);

fn decode(payload: &str, repairs: &mut Repairs) -> Result<StationEvent, Trouble> {
    let mut said = Said::read(payload, repairs)?;
    let id = said.text("controlId", 36)?;
    let id = said.repairs.needed("controlId", id)?;
    let started = said.truth("started")?;
    let superseded = said.value("supersededIds");
    let superseded = superseded.as_array().into_iter().flatten().filter_map(plain).collect();
    Ok(StationEvent::Grid(GridEvent::ControlRuns { id, started, superseded }))
}
