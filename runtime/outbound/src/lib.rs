//! What it takes to call somebody else's HTTP address: where that is, which of the addresses behind its name are called,
//! how one of them is dialled, and TLS with roots and a certificate of one's own.
//!
//! In that order: a [`Place`] is what a URL says, [`resolve`] asks for its addresses, [`dial`] connects to one that may be
//! called, [`Tls`] says whom to believe there. What fails is told as a case where callers have words of their own for it,
//! and as a text for people where they have not.
//!
//! This crate must never know who calls, what is said over the connection, or how long all of it may take.

mod dial;
mod identity;
mod place;
mod reachable;
mod roots;
mod tls;

pub use dial::{DialFault, dial, resolve};
pub use identity::{Identity, IdentityFault};
pub use place::{Place, Way, host, is_loopback};
pub use reachable::Complaint;
pub use roots::{Roots, RootsFault, Trusted};
pub use tls::{HandshakeFault, HandshakeKind, Tls, is_alert, is_certifiable};
pub use tokio_rustls::rustls::Error as TlsError;
pub use tokio_rustls::rustls::pki_types::pem::Error as PemError;
