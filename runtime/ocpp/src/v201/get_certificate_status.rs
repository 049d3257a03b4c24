//! GetCertificateStatus (OCPP 2.0.1, 1.25).

use amprule_domain::event::{SecurityEvent, StationEvent};

use crate::message::{Message, word};
use crate::payload::Trouble;
use crate::said::Said;
use crate::strictness::Repairs;
use crate::v201::words;

pub(crate) const MESSAGE: Message = Message::anew("GetCertificateStatus", decode, word);

fn decode(payload: &str, repairs: &mut Repairs) -> Result<StationEvent, Trouble> {
    let asked = Said::read(payload, repairs)?.value("ocspRequestData");
    let certificate = words::certificate_id(&asked);
    Ok(StationEvent::Security(SecurityEvent::StatusWanted { certificate }))
}
