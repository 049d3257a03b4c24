//! GetInstalledCertificateIds (OCPP 2.0.1, 1.27).

use amprule_domain::event::{Certificate, SecurityEvent, StationEvent};
use serde_json::Value;

use crate::request::{Request, says};
use crate::said::plain;

pub(crate) const REQUEST: Request = Request::named("GetInstalledCertificateIds").means(outcome);

fn outcome(asked: &Value, answered: &Value) -> Option<StationEvent> {
    if !says(answered, "Accepted") && !says(answered, "NotFound") {
        return None;
    }
    let kinds = asked["certificateType"].as_array().into_iter().flatten().filter_map(plain).collect();
    let chains = answered["certificateHashDataChain"].as_array().into_iter().flatten();
    let certificates = chains.map(|chain| Certificate {
        kind: plain(&chain["certificateType"]).unwrap_or_default(),
        hash: chain["certificateHashData"].clone(),
        children: chain["childCertificateHashData"].as_array().cloned().unwrap_or_default(),
    });
    Some(StationEvent::Security(SecurityEvent::Certificates { kinds, certificates: certificates.collect() }))
}

/// It has none: some stations say so by `Accepted` and an empty list, which the standard does not have.
pub(crate) fn has_none(answered: &str) -> bool {
    let answered: Value = serde_json::from_str(answered).unwrap_or_default();
    let lists = ["certificateHashDataChain", "certificateHashData"].map(|member| &answered[member]);
    says(&answered, "Accepted") && lists.into_iter().all(|list| list.as_array().is_none_or(Vec::is_empty))
}
