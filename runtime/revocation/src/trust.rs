//! Whose word counts: the certificates that the operator names.

use std::path::{Path, PathBuf};
use std::{fs, io};

use der::{Decode, Encode};
use jiff::Timestamp;
use rustls_pki_types::pem::{self, PemObject};
use rustls_pki_types::{CertificateDer, TrustAnchor, UnixTime};
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert};
use x509_cert::Certificate;
use x509_cert::spki::AlgorithmIdentifierOwned;

use crate::algorithms::ALGORITHMS;

/// id-kp-OCSPSigning (RFC 6960, 4.2.2.2), without tag and length.
const OCSP_SIGNING: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x09];

/// A certificate, read and as it came.
#[derive(Clone)]
pub(crate) struct Held {
    pub(crate) read: Certificate,
    pub(crate) der: CertificateDer<'static>,
}

#[derive(Debug, thiserror::Error)]
pub enum TrustFault {
    #[error("{}: {error}", path.display())]
    Io { path: PathBuf, error: io::Error },
    #[error("{} holds no certificates in PEM form: {error}", path.display())]
    Pem { path: PathBuf, error: pem::Error },
    #[error("{} holds a certificate that cannot be used: {error}", path.display())]
    Unusable { path: PathBuf, error: String },
    #[error("{} holds no certificate", path.display())]
    Empty { path: PathBuf },
}

/// Roots of cars' contracts and, where they are not told along, the authorities below them.
#[derive(Default)]
pub struct Trust {
    held: Vec<Held>,
}

impl Trust {
    /// Of these files, each with one certificate or more (PEM).
    pub fn read(files: &[PathBuf]) -> Result<Self, TrustFault> {
        let mut held = Vec::new();
        for path in files {
            held.extend(certificates_of(path)?);
        }
        Ok(Self { held })
    }

    pub(crate) fn certificates(&self) -> &[Held] {
        &self.held
    }

    pub(crate) fn has(&self, certificate: &Held) -> bool {
        self.held.iter().any(|held| held.der == certificate.der)
    }

    /// The path that leads from this one to somebody who is trusted: those between, in their order.
    pub(crate) fn verify(
        &self,
        certificate: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        usage: KeyUsage,
        now: Timestamp,
    ) -> Result<Vec<Held>, webpki::Error> {
        let anchors: Vec<TrustAnchor<'_>> =
            self.held.iter().filter_map(|held| anchor_from_trusted_cert(&held.der).ok()).collect();
        let now = UnixTime::since_unix_epoch(now.duration_since(Timestamp::UNIX_EPOCH).unsigned_abs());
        let end = EndEntityCert::try_from(certificate)?;
        let path = end.verify_for_usage(ALGORITHMS, &anchors, between, now, usage, None, None)?;
        Ok(path.intermediate_certificates().filter_map(|one| Held::of(one.der().into_owned())).collect())
    }
}

impl Held {
    pub(crate) fn of(der: CertificateDer<'static>) -> Option<Self> {
        Some(Self { read: Certificate::from_der(&der).ok()?, der })
    }

    pub(crate) fn again(read: &Certificate) -> Option<Self> {
        Some(Self { der: CertificateDer::from(read.to_der().ok()?), read: read.clone() })
    }

    /// Whether its key has made this signature.
    pub(crate) fn has_signed(&self, message: &[u8], algorithm: &AlgorithmIdentifierOwned, signature: &[u8]) -> bool {
        let (Ok(own), Ok(algorithm)) = (EndEntityCert::try_from(&self.der), algorithm.to_der()) else { return false };
        // An AlgorithmIdentifier is short: one byte says its length.
        let Some((_, algorithm)) = algorithm.split_at_checked(2) else { return false };
        let fitting = ALGORITHMS.iter().filter(|known| known.signature_alg_id().as_ref() == algorithm);
        fitting.into_iter().any(|known| own.verify_signature(*known, message, signature).is_ok())
    }

    pub(crate) fn has_signed_certificate(&self, other: &Self) -> bool {
        let Ok(message) = other.read.tbs_certificate.to_der() else { return false };
        let Certificate { signature_algorithm, signature, .. } = &other.read;
        self.has_signed(&message, signature_algorithm, signature.raw_bytes())
    }
}

pub(crate) fn for_ocsp() -> KeyUsage {
    KeyUsage::required(OCSP_SIGNING)
}

fn certificates_of(path: &Path) -> Result<Vec<Held>, TrustFault> {
    let text = fs::read(path).map_err(|error| TrustFault::Io { path: path.to_owned(), error })?;
    let mut found = Vec::new();
    for der in CertificateDer::pem_slice_iter(&text) {
        let der = der.map_err(|error| TrustFault::Pem { path: path.to_owned(), error })?;
        let unusable = |error: String| TrustFault::Unusable { path: path.to_owned(), error };
        anchor_from_trusted_cert(&der).map_err(|error| unusable(error.to_string()))?;
        let read = Certificate::from_der(&der).map_err(|error| unusable(error.to_string()))?;
        found.push(Held { read, der });
    }
    if found.is_empty() { Err(TrustFault::Empty { path: path.to_owned() }) } else { Ok(found) }
}
