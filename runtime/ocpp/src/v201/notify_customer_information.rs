//! NotifyCustomerInformation (OCPP 2.0.1, 1.40).

use amprule_domain::event::{DiagnosticsEvent, StationEvent};

use crate::message::{Message, empty};
use crate::payload::Trouble;
use crate::said::Said;
use crate::strictness::Repairs;

pub(crate) const MESSAGE: Message = Message::once("NotifyCustomerInformation", decode, empty);

fn decode(payload: &str, repairs: &mut Repairs) -> Result<StationEvent, Trouble> {
    let mut said = Said::read(payload, repairs)?;
    let request = said.number("requestId")?;
    let seq_no = said.seq_no()?;
    let data = said.text("data", 512)?.unwrap_or_default();
    let is_last = !said.truth("tbc")?;
    Ok(StationEvent::Diagnostics(DiagnosticsEvent::Customer { request, seq_no, data, is_last }))
}
