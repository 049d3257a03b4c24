//! NotifySettlement (OCPP 2.1, block C): a payment at the station's own terminal.

use amprule_domain::event::{CostEvent, StationEvent};

use crate::message::{Message, empty};
use crate::payload::Trouble;
use crate::said::Said;
use crate::strictness::Repairs;

pub(crate) const MESSAGE: Message = Message::once("NotifySettlement", decode, empty);

fn decode(payload: &str, repairs: &mut Repairs) -> Result<StationEvent, Trouble> {
    let said = Said::read(payload, repairs)?;
    Ok(StationEvent::Cost(CostEvent::Settled(said.into_value())))
}
