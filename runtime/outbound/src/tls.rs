//! TLS over a connection that is there. The provider is ring, as in the rest of the workspace.

use std::error::Error as StdError;
use std::io;
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::client::WantsClientCert;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{CertificateError, ClientConfig, ConfigBuilder, DEFAULT_VERSIONS, Error, InvalidMessage};

use crate::identity::{Identity, IdentityFault};
use crate::roots::Trusted;

#[derive(Clone)]
pub struct Tls(Arc<ClientConfig>);

/// There is no TLS connection. The text says what happened; what to do about it, each caller says in its own words.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub struct HandshakeFault {
    what: String,
    pub kind: HandshakeKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HandshakeKind {
    /// None of the roots has signed for it.
    UnknownSigner,
    /// Something else speaks there.
    NotTls,
    /// The other side does not take us.
    Refused,
    Other,
}

impl Tls {
    pub fn new(trusted: Trusted) -> Self {
        Self(Arc::new(believing(trusted).with_no_client_auth()))
    }

    /// # Errors
    /// What is wrong with the certificate or its key.
    pub fn with_identity(trusted: Trusted, identity: &Identity) -> Result<Self, IdentityFault> {
        let (chain, key) = identity.read()?;
        let config = believing(trusted).with_client_auth_cert(chain, key).map_err(IdentityFault::Unusable)?;
        Ok(Self(Arc::new(config)))
    }

    /// Says in the handshake that this is spoken over it, and nothing else (ALPN).
    #[must_use]
    pub fn offering(self, protocol: &str) -> Self {
        let mut config = Arc::unwrap_or_clone(self.0);
        config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
        Self(Arc::new(config))
    }

    /// # Errors
    /// [`HandshakeFault`]. With TLS 1.3 a refusal comes only with the first answer: [`is_alert`].
    pub async fn connect(&self, host: &str, tcp: TcpStream) -> Result<TlsStream<TcpStream>, HandshakeFault> {
        let name = ServerName::try_from(host.to_owned()).map_err(|_| HandshakeFault::nameless(host))?;
        TlsConnector::from(Arc::clone(&self.0)).connect(name, tcp).await.map_err(|error| HandshakeFault::new(&error))
    }
}

fn believing(trusted: Trusted) -> ConfigBuilder<ClientConfig, WantsClientCert> {
    ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(DEFAULT_VERSIONS)
        .expect("ring has what the usual versions of TLS need")
        .with_root_certificates(trusted.store)
}

impl HandshakeFault {
    fn nameless(host: &str) -> Self {
        Self { what: format!("no certificate can be for the name {host}"), kind: HandshakeKind::Other }
    }

    fn new(error: &io::Error) -> Self {
        let kind = match error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
            Some(Error::InvalidCertificate(CertificateError::UnknownIssuer)) => HandshakeKind::UnknownSigner,
            Some(Error::InvalidMessage(InvalidMessage::InvalidContentType)) => HandshakeKind::NotTls,
            Some(Error::AlertReceived(_)) => HandshakeKind::Refused,
            _ => HandshakeKind::Other,
        };
        Self { what: format!("no TLS connection: {error}"), kind }
    }
}

/// Whether there can be a certificate for that host.
pub fn is_certifiable(host: &str) -> bool {
    ServerName::try_from(host).is_ok()
}

/// Whether a connection broke because the other side refuses us. With TLS 1.3 that comes after the handshake, with the
/// first answer.
pub fn is_alert(error: &(dyn StdError + 'static)) -> bool {
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
