//! What a responder says (RFC 6960, 4.2), and whether it may be believed.

use amprule_domain::proof::{Standing, State};
use der::asn1::BitString;
use der::{Any, Decode, Encode, Sequence};
use jiff::{SignedDuration, Timestamp};
use x509_cert::Certificate;
use x509_cert::spki::AlgorithmIdentifierOwned;
use x509_ocsp::{
    CertId, CertStatus, OcspGeneralizedTime, OcspResponse, OcspResponseStatus, ResponseData, SingleResponse,
};

use crate::name;
use crate::trust::{Held, Trust, for_ocsp};

/// Clocks differ.
pub(crate) const TOLERANCE: SignedDuration = SignedDuration::from_mins(5);
/// An answer that does not say when there is a newer one is believed for so long after it was given.
pub(crate) const UNDATED: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Certificates beside an answer that are looked at: the signer's, and those above it.
const MAX_TOLD: usize = 4;

/// BasicOCSPResponse, with what is signed as it came.
#[derive(Sequence)]
struct Basic {
    signed: Any,
    algorithm: AlgorithmIdentifierOwned,
    signature: BitString,
    #[asn1(context_specific = "0", optional = "true", tag_mode = "EXPLICIT")]
    certificates: Option<Vec<Certificate>>,
}

/// An answer about the certificate that was asked about.
pub(crate) struct Answer {
    pub(crate) standing: Standing,
    basic: Basic,
    signed: Vec<u8>,
}

impl Answer {
    /// The error is for the operator.
    pub(crate) fn read(der: &[u8], id: &CertId, now: Timestamp) -> Result<Self, String> {
        let unreadable = |error| format!("what it answers is no OCSP response: {error}");
        let response = OcspResponse::from_der(der).map_err(unreadable)?;
        if response.response_status != OcspResponseStatus::Successful {
            return Err(format!("it answers {:?}", response.response_status));
        }
        let bytes = response.response_bytes.ok_or("its answer is empty")?;
        let basic = Basic::from_der(bytes.response.as_bytes()).map_err(unreadable)?;
        let signed = basic.signed.to_der().map_err(unreadable)?;
        let data = ResponseData::from_der(&signed).map_err(unreadable)?;
        let is_it = |single: &&SingleResponse| is_same(&single.cert_id, id);
        let single = data.responses.iter().find(is_it).ok_or("it answers about another certificate")?;
        let standing = standing(single, now)?;
        Ok(Self { standing, basic, signed })
    }

    /// It is signed by the certificate's issuer, or by somebody to whom that has given the right to (4.2.2.2); and the issuer is
    /// trusted. `between` are certificates that were verified already.
    pub(crate) fn verify(&self, id: &CertId, trust: &Trust, between: &[Held], now: Timestamp) -> Result<(), String> {
        let told = self.basic.certificates.iter().flatten().take(MAX_TOLD);
        let told: Vec<Held> = told.filter_map(Held::again).collect();
        let is_issuer = |held: &&Held| name::is_issued_by(id, &held.read);
        let issuer = trust.certificates().iter().chain(between).chain(&told).find(is_issuer).ok_or(
            "the authority that has issued the certificate is not known: name its certificate below [contracts] trust",
        )?;
        let is_believed = trust.has(issuer) || between.iter().any(|held| held.der == issuer.der);
        if is_believed && self.is_signed_by(issuer) {
            return Ok(());
        }
        let signer = told.iter().find(|held| self.is_signed_by(held) && issuer.has_signed_certificate(held));
        let signer = signer.ok_or("its answer is signed neither by the certificate's issuer nor by its delegate")?;
        let path: Vec<_> = between.iter().chain(&told).map(|held| held.der.clone()).collect();
        trust.verify(&signer.der, &path, for_ocsp(), now).map(drop).map_err(|error| {
            format!("whoever has signed its answer is not trusted ({error}); name the root below [contracts] trust")
        })
    }

    fn is_signed_by(&self, held: &Held) -> bool {
        held.has_signed(&self.signed, &self.basic.algorithm, self.basic.signature.raw_bytes())
    }
}

/// By what the answer says, not by how: parameters of the algorithm may be there or not.
fn is_same(told: &CertId, asked: &CertId) -> bool {
    told.hash_algorithm.oid == asked.hash_algorithm.oid
        && told.issuer_name_hash == asked.issuer_name_hash
        && told.issuer_key_hash == asked.issuer_key_hash
        && told.serial_number == asked.serial_number
}

fn standing(single: &SingleResponse, now: Timestamp) -> Result<Standing, String> {
    let (from, until) = (time(&single.this_update), single.next_update.as_ref().map(time));
    if from > now + TOLERANCE {
        return Err(format!("its answer is of {from}, which is not yet"));
    }
    let over = until.unwrap_or(from + UNDATED);
    if over < now - TOLERANCE {
        return Err(format!("its answer is old: it was good until {over}"));
    }
    let state = match single.cert_status {
        CertStatus::Good(_) => State::Good,
        CertStatus::Revoked(_) => State::Revoked,
        CertStatus::Unknown(_) => State::Unknown,
    };
    Ok(Standing { state, next_update: until })
}

fn time(at: &OcspGeneralizedTime) -> Timestamp {
    let since = at.0.to_unix_duration();
    Timestamp::UNIX_EPOCH.checked_add(since).unwrap_or(Timestamp::MAX)
}
