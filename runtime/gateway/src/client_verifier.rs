//! Who checks the stations' certificates, and says of one that is refused whose it is and what helps: the handshake's own error
//! knows no name.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio_rustls::rustls::client::danger::HandshakeSignatureValid;
use tokio_rustls::rustls::pki_types::{CertificateDer, UnixTime};
use tokio_rustls::rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use tokio_rustls::rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, Error, SignatureScheme};
use tracing::{debug, warn};

use crate::certificate::{self, Certificate};

/// A station that is refused tries again and again: it is told of once in so long.
const EVERY: Duration = Duration::from_secs(3_600);
/// Names that are remembered; with one more the one that was told of longest ago is forgotten.
const NAMES_MAX: usize = 256;
/// Characters of a name that are shown: it is whatever somebody has put there.
const NAME_MAX: usize = 64;

#[derive(Debug)]
pub(crate) struct Telling {
    inner: Arc<dyn ClientCertVerifier>,
    told: Mutex<VecDeque<(String, Instant)>>,
}

impl Telling {
    pub(crate) fn new(inner: Arc<dyn ClientCertVerifier>) -> Self {
        Self { inner, told: Mutex::default() }
    }

    fn tell(&self, certificate: &CertificateDer<'_>, error: &Error) {
        let read = certificate::read(certificate);
        let name: String =
            read.as_ref().and_then(|read| read.name.as_deref()).unwrap_or_default().chars().take(NAME_MAX).collect();
        let why = why(read.as_ref(), error);
        match self.is_news(&name) {
            true => warn!(station = ?name, "the certificate that the station shows is refused: {why}"),
            false => debug!(station = ?name, "the certificate that the station shows is refused again: {why}"),
        }
    }

    fn is_news(&self, name: &str) -> bool {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.retain(|(_, at)| at.elapsed() < EVERY);
        if told.iter().any(|(known, _)| known == name) {
            return false;
        }
        if told.len() == NAMES_MAX {
            told.pop_front();
        }
        told.push_back((name.to_owned(), Instant::now()));
        true
    }
}

fn why(read: Option<&Certificate>, error: &Error) -> String {
    let Error::InvalidCertificate(what) = error else { return error.to_string() };
    match (what, read) {
        (CertificateError::Expired | CertificateError::ExpiredContext { .. }, Some(read)) => format!(
            "it expired at {}. A station that shows an expired one is not let in with a password either: give it another one at the \
             place, or set it to security profile 2 there. `renew_days` of [certificates] spares that next time",
            read.expires_at
        ),
        (CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. }, Some(read)) => {
            format!("it is valid from {} on only; is the clock right here, and where it was signed?", read.valid_from)
        }
        (CertificateError::UnknownIssuer, _) => {
            "none of the certificates in `station_roots` of [ocpp.tls] has signed it; add its authority's there, or have the \
             station ask for another (SignChargingStationCertificate)"
                .to_owned()
        }
        _ => what.to_string(),
    }
}

impl ClientCertVerifier for Telling {
    fn offer_client_auth(&self) -> bool {
        self.inner.offer_client_auth()
    }

    fn client_auth_mandatory(&self) -> bool {
        self.inner.client_auth_mandatory()
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.inner.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        certificate: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        self.inner.verify_client_cert(certificate, others, now).inspect_err(|error| self.tell(certificate, error))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}
