//! What can be wrong before the first station comes.

use std::io;
use std::path::PathBuf;

#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error("cannot listen for stations on {addr}; `--ocpp ADDRESS` or `[ocpp] listen` names another one")]
    Listen { addr: std::net::SocketAddr, source: io::Error },
    #[error("unknown OCPP version `{0}`; served are ocpp1.6, ocpp2.0.1 and ocpp2.1")]
    UnknownProtocol(String),
    #[error("no OCPP version is served; name at least one of ocpp1.6, ocpp2.0.1, ocpp2.1")]
    NoProtocol,
    #[error("the default version `{0}` is not among the served ones")]
    DefaultNotServed(String),
    #[error("the path prefix `{0}` must begin and end with a slash")]
    Prefix(String),
    #[error("{0} must be greater than zero")]
    Zero(&'static str),
    #[error("max_frames_mib must have room for one message of max_frame_kib at least")]
    FramesBelowFrame,
    #[error("the idle timeout must be longer than the ping interval, or every quiet station is cut off")]
    IdleBeforePing,
}

/// Each names its file.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("read {}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("{} is not in PEM form", path.display())]
    Pem { path: PathBuf, source: tokio_rustls::rustls::pki_types::pem::Error },
    #[error("{} holds no certificate", .0.display())]
    Empty(PathBuf),
    #[error("{} holds a certificate that cannot be read", .0.display())]
    Unreadable(PathBuf),
    #[error("the certificate {} and its key {} cannot be used", path.display(), key.display())]
    Unusable { path: PathBuf, key: PathBuf, source: Box<tokio_rustls::rustls::Error> },
    #[error("the certificate {} expired at {at}", path.display())]
    Expired { path: PathBuf, at: jiff::Timestamp },
    #[error(
        "the certificates {} and {} both have a key of the kind {kind}; stations are shown one of each kind",
        other.display(), path.display()
    )]
    TwoOfAKind { path: PathBuf, other: PathBuf, kind: &'static str },
    #[error("no certificate is named; `certificate` and `key` below [ocpp.tls] name one")]
    NoCertificate,
    #[error("{} holds a certificate that cannot sign stations", path.display())]
    Root { path: PathBuf, source: Box<tokio_rustls::rustls::Error> },
    #[error("the certificates that sign stations cannot be used")]
    ClientRoots(#[source] tokio_rustls::rustls::server::VerifierBuilderError),
    #[error("the cryptography of this build has no version of TLS")]
    Provider(#[source] tokio_rustls::rustls::Error),
}
