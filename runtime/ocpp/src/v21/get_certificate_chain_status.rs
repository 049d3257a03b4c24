//! GetCertificateChainStatus (OCPP 2.1, block M).

use amprule_domain::event::{SecurityEvent, StationEvent};
use amprule_domain::proof::StatusRequest;
use amprule_domain::reply::Reply;
use serde_json::Value;

use crate::encode::{Object, Times};
use crate::message::Message;
use crate::payload::Trouble;
use crate::said::Said;
use crate::strictness::Repairs;
use crate::v201::words;

/// Of one request, as the standard has it.
const MAX: usize = 4;

pub(crate) const MESSAGE: Message = Message::anew("GetCertificateChainStatus", decode, reply);

fn decode(payload: &str, repairs: &mut Repairs) -> Result<StationEvent, Trouble> {
    let asked = Said::read(payload, repairs)?.objects("certificateStatusRequests")?;
    let certificates = asked.iter().take(MAX).map(wanted).collect();
    Ok(StationEvent::Security(SecurityEvent::ChainStatusWanted { certificates }))
}

fn wanted(asked: &Value) -> StatusRequest {
    let hash = &asked["certificateHashData"];
    let urls = asked["urls"].as_array().into_iter().flatten();
    StatusRequest {
        hash: hash.clone(),
        certificate: words::certificate_id(hash),
        source: asked["source"].as_str().unwrap_or("OCSP").to_owned(),
        urls: urls.filter_map(Value::as_str).map(str::to_owned).collect(),
    }
}

fn reply(reply: &Reply, times: Times) -> Option<String> {
    let Reply::ChainStatus { certificates } = reply else { return None };
    Some(Object::new(times).raw("certificateStatus", Value::from(certificates.clone())).finish())
}
