//! GetCertificateStatus (OCPP 2.0.1, 1.25). Nobody asks OCSP responders here yet.

use amprule_domain::event::{SecurityEvent, StationEvent};

use crate::message::{Message, word};
use crate::payload::Trouble;
use crate::said::Said;
use crate::strictness::Repairs;

pub(crate) const MESSAGE: Message = Message::anew("GetCertificateStatus", decode, word);

fn decode(payload: &str, repairs: &mut Repairs) -> Result<StationEvent, Trouble> {
    Said::read(payload, repairs)?;
    Ok(StationEvent::Security(SecurityEvent::StatusWanted))
}
