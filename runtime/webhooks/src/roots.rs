//! Whom TLS believes. The provider is ring, as in the rest of the workspace.

use std::fmt;
use std::sync::Arc;

use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{ClientConfig, DEFAULT_VERSIONS, RootCertStore};
use tracing::error;

use crate::SettingsError;

#[derive(Clone, Default)]
pub enum Roots {
    /// Those that the operating system trusts; `SSL_CERT_FILE` and `SSL_CERT_DIR` name others.
    #[default]
    System,
    /// These alone, as PEM.
    Pem(Vec<u8>),
}

/// `is_needed`: a hook speaks TLS. Without any certificate of the system the server starts all the same, since charging
/// does not depend on it; the log says why no attempt succeeds.
pub(crate) fn connector(roots: &Roots, is_needed: bool) -> Result<TlsConnector, SettingsError> {
    let store = match roots {
        Roots::Pem(pem) => given(pem)?,
        Roots::System if is_needed => system(),
        Roots::System => RootCertStore::empty(),
    };
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(DEFAULT_VERSIONS)
        .map_err(SettingsError::Tls)?
        .with_root_certificates(store)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

fn given(pem: &[u8]) -> Result<RootCertStore, SettingsError> {
    let mut store = RootCertStore::empty();
    for root in CertificateDer::pem_slice_iter(pem) {
        store.add(root.map_err(SettingsError::Roots)?).map_err(SettingsError::Tls)?;
    }
    if store.is_empty() { Err(SettingsError::NoRoots) } else { Ok(store) }
}

fn system() -> RootCertStore {
    let found = rustls_native_certs::load_native_certs();
    let mut store = RootCertStore::empty();
    // Systems have one or the other that cannot be parsed; a receiver that needs it is told apart by its handshake.
    store.add_parsable_certificates(found.certs);
    if store.is_empty() {
        let why = found.errors.first().map(ToString::to_string).unwrap_or_default();
        error!(%why, "this system trusts nobody, so no webhook can be delivered over TLS; install ca-certificates");
    }
    store
}

impl fmt::Debug for Roots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System => f.write_str("System"),
            Self::Pem(_) => f.write_str("Pem"),
        }
    }
}
