//! TLS 1.2 and 1.3 for the listener (OCPP 2.0.1 security profiles 2 and 3).
//!
//! The cipher suites are those of rustls with ring: all have forward secrecy. Stations that only know static RSA
//! suites cannot connect.

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::server::danger::ClientCertVerifier;
use tokio_rustls::rustls::{DEFAULT_VERSIONS, RootCertStore, ServerConfig};
use tokio_rustls::server::TlsStream;

use crate::TlsError;

/// The listener's certificate, and who signs the stations' own ones.
#[derive(Clone)]
pub struct Tls {
    pub(crate) acceptor: TlsAcceptor,
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls")
    }
}

impl Tls {
    /// Reads PEM files: the certificate chain, its private key, and the certificates that sign stations (profile 3).
    pub fn load(chain: &Path, key: &Path, station_roots: Option<&Path>) -> Result<Self, TlsError> {
        let roots = station_roots.map(read).transpose()?;
        Self::from_pem(&read(chain)?, &read(key)?, roots.as_deref())
    }

    /// With `station_roots` a station may present a certificate signed by one of them. Whether it must is decided
    /// at the door, station by station.
    pub fn from_pem(chain: &[u8], key: &[u8], station_roots: Option<&[u8]>) -> Result<Self, TlsError> {
        let chain = certificates("the certificate chain", chain)?;
        let key =
            PrivateKeyDer::from_pem_slice(key).map_err(|source| TlsError::Pem { what: "the private key", source })?;
        let provider = Arc::new(ring::default_provider());
        let verifier = station_roots.map(|roots| verifier(&provider, roots)).transpose()?;
        let builder = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(DEFAULT_VERSIONS)
            .map_err(TlsError::Unusable)?;
        let builder = match verifier {
            Some(verifier) => builder.with_client_cert_verifier(verifier),
            None => builder.with_no_client_auth(),
        };
        let config = builder.with_single_cert(chain, key).map_err(TlsError::Unusable)?;
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(config)) })
    }
}

impl Tls {
    /// The handshake of a connection of other use than OCPP.
    ///
    /// # Errors
    /// There is no TLS with whoever is there.
    pub async fn accept(&self, tcp: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        self.acceptor.accept(tcp).await
    }
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    std::fs::read(path).map_err(|source| TlsError::Read { path: path.to_owned(), source })
}

fn certificates(what: &'static str, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let found = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|source| TlsError::Pem { what, source })?;
    if found.is_empty() { Err(TlsError::Empty(what)) } else { Ok(found) }
}

fn verifier(provider: &Arc<CryptoProvider>, pem: &[u8]) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
    let mut roots = RootCertStore::empty();
    for root in certificates("the file of certificates that sign stations", pem)? {
        roots.add(root).map_err(TlsError::Unusable)?;
    }
    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
        .allow_unauthenticated()
        .build()
        .map_err(TlsError::ClientRoots)
}
