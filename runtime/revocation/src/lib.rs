//! Whether certificates were revoked, and whether a car's contract certificate is good (OCPP 2.0.1, C07 and M06).
//!
//! The way: [`name`] says which certificate is meant, [`cache`] whether that is known, [`http`] asks its responder, [`answer`] or
//! [`crl`] reads what came back and [`trust`] whether that may be believed. [`chain`] does the same for certificates that were
//! given as such.
//!
//! This crate owns x509-ocsp, x509-cert and p521. It knows neither stations nor the engine.

mod algorithms;
mod answer;
mod cache;
mod chain;
mod crl;
mod http;
mod name;
mod revocation;
mod trust;

pub use revocation::{Revocation, Settings, WhenUnknown};
pub use trust::{Trust, TrustFault};
