//! The door for charging stations: WebSocket listener, TLS, handshake, and one [`Link`] per connection.
//!
//! A station that passes the handshake is handed over through [`Door`]; from then on the connection is driven by
//! whoever holds the link, and this crate runs no task of its own for it. It must never know what a message means:
//! it moves frames between sockets and the dialect.
//!
//! [`Door`]: amprule_domain::ports::Door
//! [`Link`]: amprule_domain::ports::Link

mod listener;
mod models;
mod settings;

mod authorization;
mod handshake;
mod path;
mod request;
mod response;
mod subprotocol;

mod certificate;
mod client_verifier;
mod stream;
mod tls;

mod connection;
mod socket;
mod translator;

mod compression;
mod frame_position;
mod inflow;

mod error;

pub use error::{SettingsError, TlsError};
pub use listener::{Gateway, Occupancy};
pub use models::ModelRule;
pub use settings::GatewaySettings;
pub use tls::{CertificateFiles, ServerCertificate, Tls, TlsContents, TlsFiles};
pub use translator::Interpreters;
