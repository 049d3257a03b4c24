//! Get15118EVCertificate (OCPP 2.0.1, 1.24).

use amprule_domain::event::{SecurityEvent, StationEvent};

use crate::message::{Message, word};
use crate::payload::{Trouble, read};
use crate::said::Said;
use crate::strictness::Repairs;

pub(crate) const MESSAGE: Message = Message::anew("Get15118EVCertificate", decode, word);

fn decode(payload: &str, repairs: &mut Repairs) -> Result<StationEvent, Trouble> {
    Said::read(payload, repairs)?;
    let request = read(payload)?;
    Ok(StationEvent::Security(SecurityEvent::ContractWanted { request }))
}
