//! CertificateSigned (OCPP 2.0.1, 1.7).

use amprule_domain::command::Command;

use crate::encode::{Object, Times};
use crate::request::Request;

pub(crate) const REQUEST: Request = Request::typed("CertificateSigned", encode);

/// The request's number is there where a station of 2.1 has given one.
fn encode(command: &Command, times: Times) -> Option<String> {
    let Command::CertificateSigned { chain, usage, request, .. } = command else { return None };
    let signed = Object::new(times).text("certificateChain", chain);
    let signed = signed.maybe(usage.as_deref(), |object, usage| object.text("certificateType", usage));
    Some(signed.maybe(*request, |object, request| object.raw("requestId", request)).finish())
}
