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

#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("read {path}")]
    Read { path: PathBuf, source: io::Error },
    #[error("{what} is not in PEM form")]
    Pem { what: &'static str, source: tokio_rustls::rustls::pki_types::pem::Error },
    #[error("{0} holds no certificate")]
    Empty(&'static str),
    #[error("the certificate and its key cannot be used")]
    Unusable(#[source] tokio_rustls::rustls::Error),
    #[error("the certificates that sign stations cannot be used")]
    ClientRoots(#[source] tokio_rustls::rustls::server::VerifierBuilderError),
}
