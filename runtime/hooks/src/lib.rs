//! The contract between the runtime and other people's code: units, their manifests, budgets, order, fallbacks
//! and generations.
//!
//! This crate must never know how a unit runs: `wasm` and `script` implement [`Compiler`] and [`Unit`], `reload`
//! finds and checks sources, the server introduces them to each other.

pub mod diagnostic;
pub mod manifest;
pub mod unit;

pub use diagnostic::Diagnostic;
pub use manifest::Manifest;
pub use unit::{Answer, Budget, Compiler, Kind, Source, Unit, Used};
