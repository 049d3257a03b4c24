//! A contract's certificates that were given as such (OCPP 2.0.1, C07.FR.06).

use amprule_domain::contract::Contract;
use amprule_domain::proof::CertificateStatus;
use amprule_domain::token::IdToken;
use der::asn1::{Ia5StringRef, PrintableStringRef, Utf8StringRef};
use der::oid::db::rfc4519::COMMON_NAME;
use der::oid::db::rfc5280::ID_AD_OCSP;
use jiff::Timestamp;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use webpki::{Error, KeyUsage};
use x509_cert::Certificate;
use x509_cert::ext::pkix::AuthorityInfoAccessSyntax;
use x509_cert::ext::pkix::name::GeneralName;

use crate::trust::{Held, Trust};

/// The car's own and those that may stand above it (ISO 15118).
const LONGEST: usize = 5;

/// The car's certificate first, those above it in their order.
pub(crate) fn read(pem: &str) -> Option<Vec<Held>> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).take(LONGEST).collect();
    let chain: Option<Vec<_>> = chain.ok()?.into_iter().map(Held::of).collect();
    chain.filter(|chain| !chain.is_empty())
}

/// The path from the car's certificate, which is this token's, to a root of the operator's: the car's own and those between. What
/// else was given with it is not looked at again. The error says why there is none.
pub(crate) fn verify(
    chain: &[Held],
    token: &IdToken,
    trust: &Trust,
    now: Timestamp,
) -> Result<Vec<Held>, (CertificateStatus, String)> {
    let [own, above @ ..] = chain else { return Err((CertificateStatus::CertChainError, "it is empty".to_owned())) };
    let between: Vec<_> = above.iter().map(|held| held.der.clone()).collect();
    let path = trust.verify(&own.der, &between, KeyUsage::client_auth(), now);
    let path = path.map_err(|error| (status(&error), told(&error)))?;
    let name = common_name(&own.read).unwrap_or_default();
    if plain(&name) == plain(&token.id_token) || Contract::is_same(&name, &token.id_token) {
        return Ok([own.clone()].into_iter().chain(path).collect());
    }
    Err((
        CertificateStatus::CertChainError,
        format!("it is the certificate of {name}, not of the token that was shown"),
    ))
}

/// Each of a path with the one that has signed it, and who says whether it was revoked.
pub(crate) fn to_ask<'a>(path: &'a [Held], trust: &'a Trust) -> impl Iterator<Item = (&'a Held, &'a Held, String)> {
    path.iter().filter_map(move |held| {
        let issuer = &held.read.tbs_certificate.issuer;
        let mut above = path.iter().chain(trust.certificates());
        let is_issuer =
            |other: &&Held| other.read.tbs_certificate.subject == *issuer && other.has_signed_certificate(held);
        let above = above.find(is_issuer)?;
        Some((held, above, responder(&held.read)?))
    })
}

fn status(error: &Error) -> CertificateStatus {
    match error {
        Error::CertExpired { .. } => CertificateStatus::CertificateExpired,
        _ => CertificateStatus::CertChainError,
    }
}

fn told(error: &Error) -> String {
    match error {
        Error::UnknownIssuer => {
            "no path leads to a root that is known here: name it below [contracts] trust".to_owned()
        }
        other => other.to_string(),
    }
}

/// id-ad-ocsp of the authority's information (RFC 5280, 4.2.2.1).
fn responder(certificate: &Certificate) -> Option<String> {
    let (_, access) = certificate.tbs_certificate.get::<AuthorityInfoAccessSyntax>().ok()??;
    let mut access = access.0.into_iter().filter(|one| one.access_method == ID_AD_OCSP);
    access.find_map(|one| match one.access_location {
        GeneralName::UniformResourceIdentifier(address) => Some(address.as_str().to_owned()),
        _ => None,
    })
}

fn common_name(certificate: &Certificate) -> Option<String> {
    let mut names = certificate.tbs_certificate.subject.0.iter().flat_map(|part| part.0.iter());
    let value = &names.find(|name| name.oid == COMMON_NAME)?.value;
    let utf8 = value.decode_as::<Utf8StringRef<'_>>().map(|text| text.as_str().to_owned());
    let printable = || value.decode_as::<PrintableStringRef<'_>>().map(|text| text.as_str().to_owned());
    let ia5 = || value.decode_as::<Ia5StringRef<'_>>().map(|text| text.as_str().to_owned());
    utf8.or_else(|_| printable()).or_else(|_| ia5()).ok()
}

/// An eMAID with or without what separates its parts.
fn plain(emaid: &str) -> String {
    emaid.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_uppercase()
}
