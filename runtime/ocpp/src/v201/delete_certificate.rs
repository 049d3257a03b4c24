//! DeleteCertificate (OCPP 2.0.1, 1.19).

use amprule_domain::event::{SecurityEvent, StationEvent};
use serde_json::Value;

use crate::request::{Request, says};

pub(crate) const REQUEST: Request = Request::named("DeleteCertificate").means(outcome);

pub(crate) fn outcome(asked: &Value, answered: &Value) -> Option<StationEvent> {
    let is_gone = says(answered, "Accepted") || says(answered, "NotFound");
    is_gone.then(|| StationEvent::Security(SecurityEvent::Deleted { hash: asked["certificateHashData"].clone() }))
}
