//! VatNumberValidation (OCPP 2.1, block C). Nobody is configured who knows such numbers.

use amprule_domain::event::{CostEvent, StationEvent};

use crate::message::{Message, word};
use crate::payload::Trouble;
use crate::said::Said;
use crate::strictness::Repairs;

pub(crate) const MESSAGE: Message = Message::anew("VatNumberValidation", decode, word);

fn decode(payload: &str, repairs: &mut Repairs) -> Result<StationEvent, Trouble> {
    let mut said = Said::read(payload, repairs)?;
    let number = said.text("vatNumber", 20)?.unwrap_or_default();
    let evse = said.count("evseId")?;
    Ok(StationEvent::Cost(CostEvent::VatNumber { number, evse }))
}
