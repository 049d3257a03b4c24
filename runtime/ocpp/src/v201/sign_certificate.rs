//! SignCertificate (OCPP 2.0.1, 1.58).

use amprule_domain::event::{SecurityEvent, StationEvent};

use crate::message::{Message, word};
use crate::payload::Trouble;
use crate::said::Said;
use crate::strictness::Repairs;

pub(crate) const MESSAGE: Message = Message::once("SignCertificate", decode, word);

pub(crate) fn decode(payload: &str, repairs: &mut Repairs) -> Result<StationEvent, Trouble> {
    let mut said = Said::read(payload, repairs)?;
    let csr = said.text("csr", 5_500)?;
    let csr = said.repairs.needed("csr", csr)?;
    let usage = said.text("certificateType", 50)?;
    let request = said.whole("requestId")?;
    Ok(StationEvent::Security(SecurityEvent::SigningRequest { csr, usage, request }))
}
