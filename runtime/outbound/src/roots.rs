//! Whom TLS believes.

use std::fmt;

use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject as _};
use tokio_rustls::rustls::{self, RootCertStore};

#[derive(Clone, Default)]
pub enum Roots {
    /// Those that the operating system trusts; `SSL_CERT_FILE` and `SSL_CERT_DIR` name others.
    #[default]
    System,
    /// These alone, as PEM.
    Pem(Vec<u8>),
}

/// Roots that are read.
#[derive(Debug)]
pub struct Trusted {
    pub(crate) store: RootCertStore,
    /// Why the operating system trusts nobody, when it is so. It is no fault: charging does not depend on it.
    pub why_nobody: Option<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum RootsFault {
    #[error("its roots are not in PEM form: {0}")]
    Pem(#[source] pem::Error),
    #[error("its roots cannot be used: {0}")]
    Unusable(#[source] rustls::Error),
    #[error("the file of its roots holds none")]
    Empty,
}

impl Roots {
    /// # Errors
    /// What is wrong with those that are given; the system's are taken as far as they can be used.
    pub fn read(&self) -> Result<Trusted, RootsFault> {
        match self {
            Self::System => Ok(system()),
            Self::Pem(pem) => given(pem),
        }
    }
}

impl Trusted {
    /// For whoever speaks no TLS.
    pub fn nobody() -> Self {
        Self { store: RootCertStore::empty(), why_nobody: None }
    }
}

fn given(pem: &[u8]) -> Result<Trusted, RootsFault> {
    let mut store = RootCertStore::empty();
    for root in CertificateDer::pem_slice_iter(pem) {
        store.add(root.map_err(RootsFault::Pem)?).map_err(RootsFault::Unusable)?;
    }
    if store.is_empty() { Err(RootsFault::Empty) } else { Ok(Trusted { store, why_nobody: None }) }
}

fn system() -> Trusted {
    let found = rustls_native_certs::load_native_certs();
    let mut store = RootCertStore::empty();
    // Systems have one or the other that cannot be parsed; whoever needs it is told apart by the handshake.
    store.add_parsable_certificates(found.certs);
    let first = || found.errors.first().map(ToString::to_string).unwrap_or_default();
    let why_nobody = store.is_empty().then(first);
    Trusted { store, why_nobody }
}

impl fmt::Debug for Roots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System => f.write_str("System"),
            Self::Pem(_) => f.write_str("Pem"),
        }
    }
}
