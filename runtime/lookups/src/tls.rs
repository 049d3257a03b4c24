//! Whom TLS believes, and who we are to the other side. The provider is ring, as in the rest of the workspace.

use std::fmt;
use std::io;
use std::sync::Arc;

use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{CertificateError, ClientConfig, DEFAULT_VERSIONS, Error, InvalidMessage, RootCertStore};
use tracing::error;

use crate::error::Fault;

#[derive(Clone, Default)]
pub enum Roots {
    /// Those that the operating system trusts; `SSL_CERT_FILE` and `SSL_CERT_DIR` name others.
    #[default]
    System,
    /// These alone, as PEM.
    Pem(Vec<u8>),
}

/// What proves to the other side who asks.
#[derive(Clone)]
pub struct Identity {
    /// As PEM, with the certificates between it and a root behind it.
    pub certificate: Vec<u8>,
    /// Its private key, as PEM.
    pub key: Vec<u8>,
}

pub(crate) fn connector(roots: &Roots, identity: Option<&Identity>) -> Result<TlsConnector, Fault> {
    let store = match roots {
        Roots::Pem(pem) => given(pem)?,
        Roots::System => system(),
    };
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(DEFAULT_VERSIONS)
        .map_err(Fault::Roots)?
        .with_root_certificates(store);
    let mut config = match identity {
        None => builder.with_no_client_auth(),
        Some(identity) => {
            let (chain, key) = read(identity)?;
            builder.with_client_auth_cert(chain, key).map_err(Fault::Identity)?
        }
    };
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsConnector::from(Arc::new(config)))
}

fn read(identity: &Identity) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), Fault> {
    let chain = CertificateDer::pem_slice_iter(&identity.certificate);
    let chain = chain.collect::<Result<Vec<_>, _>>().map_err(Fault::CertificatePem)?;
    if chain.is_empty() {
        return Err(Fault::NoCertificate);
    }
    let key = PrivateKeyDer::from_pem_slice(&identity.key).map_err(Fault::KeyPem)?;
    Ok((chain, key))
}

fn given(pem: &[u8]) -> Result<RootCertStore, Fault> {
    let mut store = RootCertStore::empty();
    for root in CertificateDer::pem_slice_iter(pem) {
        store.add(root.map_err(Fault::RootsPem)?).map_err(Fault::Roots)?;
    }
    if store.is_empty() { Err(Fault::NoRoots) } else { Ok(store) }
}

/// Without any, the server starts all the same, since charging does not depend on it; the log says why nobody answers.
fn system() -> RootCertStore {
    let found = rustls_native_certs::load_native_certs();
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(found.certs);
    if store.is_empty() {
        let why = found.errors.first().map(ToString::to_string).unwrap_or_default();
        error!(%why, "this system trusts nobody, so no lookup can be asked over TLS; install ca-certificates");
    }
    store
}

/// A failed handshake, with what to do about the usual ones.
pub(crate) fn described(error: &io::Error) -> String {
    let hint = match error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
        Some(Error::InvalidCertificate(CertificateError::UnknownIssuer)) => {
            "; its signer is not trusted here (name it with roots), or it does not send the certificates between"
        }
        Some(Error::InvalidMessage(InvalidMessage::InvalidContentType)) => "; that port does not speak TLS",
        Some(Error::AlertReceived(_)) => "; it refuses us: look at client_certificate",
        _ => "",
    };
    format!("no TLS connection: {error}{hint}")
}

/// Whether the other side closed because of who we are. With TLS 1.3 that comes after the handshake, with the first answer.
pub(crate) fn is_refused(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        if inner.is_some_and(|inner| matches!(inner.downcast_ref(), Some(Error::AlertReceived(_)))) {
            return true;
        }
        next = error.source();
    }
    false
}

impl fmt::Debug for Roots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Roots")
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity")
    }
}
