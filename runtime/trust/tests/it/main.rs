//! Signatures, packages and revisions, through the crate's own door.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

mod attacks;
mod config;
mod fixture;
mod gate;
mod packages;
mod properties;
mod scopes;
mod swap;
mod unit_folder;
