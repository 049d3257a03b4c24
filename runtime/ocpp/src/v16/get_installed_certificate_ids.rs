//! GetInstalledCertificateIds (security whitepaper for OCPP 1.6): of one kind, without chains.

use amprule_domain::event::{Certificate, SecurityEvent, StationEvent};
use serde_json::Value;

use crate::request::{Request, says};
use crate::said::plain;

pub(crate) const REQUEST: Request = Request::named("GetInstalledCertificateIds").means(outcome);

fn outcome(asked: &Value, answered: &Value) -> Option<StationEvent> {
    if !says(answered, "Accepted") && !says(answered, "NotFound") {
        return None;
    }
    let kind = plain(&asked["certificateType"])?;
    let hashes = answered["certificateHashData"].as_array().into_iter().flatten();
    let certificates =
        hashes.map(|hash| Certificate { kind: kind.clone(), hash: hash.clone(), children: Vec::new() }).collect();
    Some(StationEvent::Security(SecurityEvent::Certificates { kinds: vec![kind], certificates }))
}
