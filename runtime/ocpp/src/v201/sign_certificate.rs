//! SignCertificate (OCPP 2.0.1, 1.58).

use amprule_domain::event::{SecurityEvent, StationEvent};
use serde_json::{Map, Value};

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
    let root = root(&said.value("hashRootCertificate"));
    Ok(StationEvent::Security(SecurityEvent::SigningRequest { csr, usage, request, root }))
}

/// CertificateHashDataType, all of its members or none (2.1).
fn root(said: &Value) -> Option<Value> {
    let members = ["hashAlgorithm", "issuerNameHash", "issuerKeyHash", "serialNumber"];
    let text = |member: &&str| said[member].as_str().filter(|text| !text.is_empty() && text.len() <= HASH_MAX);
    let found: Map<String, Value> =
        members.iter().filter_map(|member| Some(((*member).to_owned(), text(member)?.into()))).collect();
    (found.len() == members.len()).then_some(Value::Object(found))
}

/// Characters of the longest of them.
const HASH_MAX: usize = 128;
