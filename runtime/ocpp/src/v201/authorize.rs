//! Authorize (OCPP 2.0.1, 1.2).

use amprule_domain::event::StationEvent;
use amprule_domain::proof::{ContractShown, Proof};
use amprule_domain::reply::{Reply, TokenInfo};
use amprule_domain::token::IdToken;
use serde::Deserialize;
use serde_json::Value;

use crate::encode::{Object, Times};
use crate::loose::{Loose, Part};
use crate::message::Message;
use crate::payload::{Trouble, read};
use crate::strictness::Repairs;
use crate::v201::words::{self, Token};

/// Characters of a chain in PEM (2.1; 2.0.1 has room for 5,500).
const MAX_CHAIN: usize = 10_000;
/// The contract's certificate and those that it is signed by.
const MAX_CERTIFICATES: usize = 4;

pub(crate) const MESSAGE: Message = Message::anew("Authorize", decode, reply);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Authorize<'a> {
    #[serde(borrow, default)]
    id_token: Part<'a, Token<'a>>,
    #[serde(borrow, default)]
    certificate: Loose<'a>,
    #[serde(default)]
    iso15118_certificate_hash_data: Value,
}

fn decode(payload: &str, repairs: &mut Repairs) -> Result<StationEvent, Trouble> {
    let message: Authorize<'_> = read(payload)?;
    let token = words::token(repairs, message.id_token)?;
    repairs.needed("idToken", token.as_ref().map(|_| ()))?;
    let token = token.unwrap_or_else(|| IdToken::new("", "Central"));
    let chain = repairs.text("certificate", message.certificate, MAX_CHAIN)?.filter(|chain| !chain.is_empty());
    let hashes = message.iso15118_certificate_hash_data.as_array().into_iter().flatten();
    let certificates: Vec<_> = hashes.take(MAX_CERTIFICATES).map(words::certificate_id).collect();
    if chain.is_none() && certificates.is_empty() {
        return Ok(StationEvent::Authorization(token));
    }
    let proof = Proof { chain, certificates };
    Ok(StationEvent::ContractShown(Box::new(ContractShown { token, proof })))
}

fn reply(reply: &Reply, times: Times) -> Option<String> {
    let (token, certificate) = match reply {
        Reply::Authorize(token) => (token, None),
        Reply::ContractAuthorize { token, certificate } => (token, Some(certificate.as_str())),
        _ => return None,
    };
    let answer = Object::new(times)
        .raw("idTokenInfo", words::token_info(token, times))
        .maybe(certificate, |answer, word| answer.text("certificateStatus", word))
        .maybe(transfer(token), |answer, modes| answer.raw("allowedEnergyTransfer", modes))
        .maybe(token.tariff.as_deref(), |answer, tariff| answer.raw("tariff", tariff));
    Some(answer.finish())
}

/// 2.1, Q01: in which ways the car may be given energy.
fn transfer(token: &TokenInfo) -> Option<Value> {
    let words = token.energy_transfer.iter().map(|mode| Value::from(mode.as_str()));
    (!token.energy_transfer.is_empty()).then(|| words.collect())
}
