//! TLS 1.2 and 1.3 for the listener (OCPP 2.0.1 security profiles 2 and 3), with certificates that may be replaced while it serves.
//!
//! The cipher suites are those of rustls with ring: all have forward secrecy and authenticated encryption. Stations that only
//! know static RSA suites (`TLS_RSA_…`) or CBC cannot connect.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::{fmt, io};

use jiff::Timestamp;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::danger::ClientCertVerifier;
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert, WebPkiClientVerifier};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{DEFAULT_VERSIONS, RootCertStore, ServerConfig, SignatureAlgorithm};
use tokio_rustls::server::TlsStream;

use crate::TlsError;
use crate::certificate;
use crate::client_verifier::Telling;

/// Where a certificate and its key are, PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateFiles {
    /// Its authorities behind it.
    pub chain: PathBuf,
    pub key: PathBuf,
}

/// Where everything is that a listener needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// One for each kind of key. A station is shown the first that its handshake allows (OCPP 2.0.1, A00.FR.318).
    pub certificates: Vec<CertificateFiles>,
    /// Certificates that sign stations (profile 3); none: stations show no certificates.
    pub station_roots: Vec<PathBuf>,
}

/// What stood in these files at one time.
#[derive(Clone, PartialEq, Eq)]
pub struct TlsContents {
    certificates: Vec<(File, File)>,
    roots: Vec<File>,
}

#[derive(Clone, PartialEq, Eq)]
struct File {
    path: PathBuf,
    bytes: Vec<u8>,
}

/// A certificate that stations are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerCertificate {
    /// Where its chain is.
    pub file: PathBuf,
    /// `ECDSA`, `RSA` or `ED25519`.
    pub kind: &'static str,
    pub valid_from: Timestamp,
    pub expires_at: Timestamp,
}

/// The listener's certificates, and who signs the stations' own ones. Clones share them.
#[derive(Clone)]
pub struct Tls {
    now: Arc<RwLock<Now>>,
}

struct Now {
    config: Arc<ServerConfig>,
    shown: Vec<ServerCertificate>,
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls")
    }
}

impl TlsFiles {
    /// # Errors
    /// The file that cannot be read.
    pub fn read(&self) -> Result<TlsContents, TlsError> {
        let certificates =
            self.certificates.iter().map(|files| Ok((File::read(&files.chain)?, File::read(&files.key)?)));
        Ok(TlsContents {
            certificates: certificates.collect::<Result<_, _>>()?,
            roots: self.station_roots.iter().map(|path| File::read(path)).collect::<Result<_, _>>()?,
        })
    }
}

impl File {
    fn read(path: &Path) -> Result<Self, TlsError> {
        let bytes = std::fs::read(path).map_err(|source| TlsError::Read { path: path.to_owned(), source })?;
        Ok(Self { path: path.to_owned(), bytes })
    }

    fn certificates(&self) -> Result<Vec<CertificateDer<'static>>, TlsError> {
        let found = CertificateDer::pem_slice_iter(&self.bytes)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|source| TlsError::Pem { path: self.path.clone(), source })?;
        if found.is_empty() { Err(TlsError::Empty(self.path.clone())) } else { Ok(found) }
    }
}

impl Tls {
    /// With `station_roots` a station may present a certificate signed by one of them. Whether it must is decided
    /// at the door, station by station.
    ///
    /// # Errors
    /// What is wrong with which file.
    pub fn open(contents: &TlsContents) -> Result<Self, TlsError> {
        Ok(Self { now: Arc::new(RwLock::new(Now::of(contents)?)) })
    }

    /// One certificate that is in no file.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn from_pem(chain: &[u8], key: &[u8], station_roots: Option<&[u8]>) -> Result<Self, TlsError> {
        let file = |path: &str, bytes: &[u8]| File { path: path.into(), bytes: bytes.to_owned() };
        Self::open(&TlsContents {
            certificates: vec![(file("the certificate", chain), file("the private key", key))],
            roots: station_roots.map(|roots| file("the stations' roots", roots)).into_iter().collect(),
        })
    }

    /// Handshakes that begin from now on see these.
    ///
    /// # Errors
    /// As [`Self::open`], and a certificate that has expired; what was there before stays.
    pub fn replace(&self, contents: &TlsContents, at: Timestamp) -> Result<(), TlsError> {
        let next = Now::of(contents)?;
        if let Some(late) = next.shown.iter().find(|shown| shown.expires_at <= at) {
            return Err(TlsError::Expired { path: late.file.clone(), at: late.expires_at });
        }
        *self.now.write().unwrap_or_else(PoisonError::into_inner) = next;
        Ok(())
    }

    /// The certificates that stations are shown now.
    pub fn shown(&self) -> Vec<ServerCertificate> {
        self.now.read().unwrap_or_else(PoisonError::into_inner).shown.clone()
    }

    /// The handshake of a connection of other use than OCPP.
    ///
    /// # Errors
    /// There is no TLS with whoever is there.
    pub async fn accept(&self, tcp: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        self.acceptor().accept(tcp).await
    }

    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.now.read().unwrap_or_else(PoisonError::into_inner).config))
    }
}

impl Now {
    fn of(contents: &TlsContents) -> Result<Self, TlsError> {
        let provider = Arc::new(ring::default_provider());
        let mut resolver = ByKind(Vec::new());
        let mut shown: Vec<ServerCertificate> = Vec::new();
        for (chain, key) in &contents.certificates {
            let (certified, certificate) = certified(chain, key, &provider)?;
            if let Some(other) = shown.iter().find(|other| other.kind == certificate.kind) {
                let [path, other] = [&certificate.file, &other.file].map(PathBuf::clone);
                return Err(TlsError::TwoOfAKind { path, other, kind: certificate.kind });
            }
            resolver.0.push(Arc::new(certified));
            shown.push(certificate);
        }
        if shown.is_empty() {
            return Err(TlsError::NoCertificate);
        }
        let verifier = verifier(&provider, &contents.roots)?;
        let builder = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(DEFAULT_VERSIONS)
            .map_err(TlsError::Provider)?;
        let builder = match verifier {
            Some(verifier) => builder.with_client_cert_verifier(verifier),
            None => builder.with_no_client_auth(),
        };
        let mut config = builder.with_cert_resolver(Arc::new(resolver));
        // Who comes back goes on with its ticket, which spares both sides a signature, and nothing is held here for a fleet. Its key
        // goes with this configuration: other roots want whole handshakes. The door looks at the certificate's end each time.
        config.ticketer = ring::Ticketer::new().map_err(TlsError::Provider)?;
        config.send_tls13_tickets = 1;
        Ok(Self { config: Arc::new(config), shown })
    }
}

fn certified(
    chain: &File,
    key: &File,
    provider: &CryptoProvider,
) -> Result<(CertifiedKey, ServerCertificate), TlsError> {
    let certificates = chain.certificates()?;
    let own = certificates.first().and_then(certificate::read);
    let own = own.ok_or_else(|| TlsError::Unreadable(chain.path.clone()))?;
    let secret =
        PrivateKeyDer::from_pem_slice(&key.bytes).map_err(|source| TlsError::Pem { path: key.path.clone(), source })?;
    let unusable =
        |source| TlsError::Unusable { path: chain.path.clone(), key: key.path.clone(), source: Box::new(source) };
    let certified = CertifiedKey::from_der(certificates, secret, provider).map_err(unusable)?;
    let kind = match certified.key.algorithm() {
        SignatureAlgorithm::ECDSA => "ECDSA",
        SignatureAlgorithm::RSA => "RSA",
        _ => "ED25519",
    };
    let certificate::Certificate { valid_from, expires_at, .. } = own;
    Ok((certified, ServerCertificate { file: chain.path.clone(), kind, valid_from, expires_at }))
}

/// The first whose key can sign what the station can check. Of TLS 1.2, rustls names those schemes alone for which the station
/// has offered a suite.
#[derive(Debug)]
struct ByKind(Vec<Arc<CertifiedKey>>);

impl ResolvesServerCert for ByKind {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let fits = |certified: &&Arc<CertifiedKey>| certified.key.choose_scheme(hello.signature_schemes()).is_some();
        // Where none fits, the handshake fails with the reason that the first does not.
        self.0.iter().find(fits).or(self.0.first()).cloned()
    }
}

fn verifier(provider: &Arc<CryptoProvider>, files: &[File]) -> Result<Option<Arc<dyn ClientCertVerifier>>, TlsError> {
    if files.is_empty() {
        return Ok(None);
    }
    let mut roots = RootCertStore::empty();
    for file in files {
        for root in file.certificates()? {
            let broken = |source| TlsError::Root { path: file.path.clone(), source: Box::new(source) };
            roots.add(root).map_err(broken)?;
        }
    }
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
        .allow_unauthenticated()
        .build()
        .map_err(TlsError::ClientRoots)?;
    Ok(Some(Arc::new(Telling::new(verifier))))
}
