//! GetCertificateChainStatus (OCPP 2.1, block M). Nobody asks OCSP responders here yet.

use amprule_domain::event::{SecurityEvent, StationEvent};
use amprule_domain::reply::Reply;
use serde_json::Value;

use crate::encode::{Object, Times};
use crate::message::Message;
use crate::payload::Trouble;
use crate::said::Said;
use crate::strictness::Repairs;

pub(crate) const MESSAGE: Message = Message::anew("GetCertificateChainStatus", decode, reply);

fn decode(payload: &str, repairs: &mut Repairs) -> Result<StationEvent, Trouble> {
    let certificates = Said::read(payload, repairs)?.objects("certificateStatusRequests")?;
    Ok(StationEvent::Security(SecurityEvent::ChainStatusWanted { certificates }))
}

fn reply(reply: &Reply, times: Times) -> Option<String> {
    let Reply::ChainStatus { certificates } = reply else { return None };
    Some(Object::new(times).raw("certificateStatus", Value::from(certificates.clone())).finish())
}
