//! BatterySwap (OCPP 2.1, block S).

use amprule_domain::event::{GridEvent, StationEvent};

use crate::message::{Message, empty};
use crate::payload::Trouble;
use crate::said::Said;
use crate::strictness::Repairs;

pub(crate) const MESSAGE: Message = Message::once("BatterySwap", decode, empty);

/// BatterySwapEventEnumType.
const WORDS: &[&str] = &["BatteryIn", "BatteryOut", "BatteryOutTimeout"];

fn decode(payload: &str, repairs: &mut Repairs) -> Result<StationEvent, Trouble> {
    let mut said = Said::read(payload, repairs)?;
    let request = said.number("requestId")?;
    let event = said.word("eventType", WORDS)?;
    Ok(StationEvent::Grid(GridEvent::Swap { request, event, swap: said.into_value() }))
}
