//! NotifyPriorityCharging (OCPP 2.1, block K).

use amprule_domain::event::{SmartChargingEvent, StationEvent};

use crate::message::{Message, empty};
use crate::payload::Trouble;
use crate::said::Said;
use crate::strictness::Repairs;

pub(crate) const MESSAGE: Message = Message::once("NotifyPriorityCharging", decode, empty);

fn decode(payload: &str, repairs: &mut Repairs) -> Result<StationEvent, Trouble> {
    let mut said = Said::read(payload, repairs)?;
    let transaction = said.text("transactionId", 36)?;
    let transaction = said.repairs.needed("transactionId", transaction)?;
    let is_active = said.truth("activated")?;
    Ok(StationEvent::SmartCharging(SmartChargingEvent::Priority { transaction, is_active }))
}
