//! The author's workbench: units run without a server, on the production engine.
//!
//! Cases and properties, measurements, a simulated station, new projects. Everything here is values in, values out:
//! units come compiled, files leave as bytes. This crate must never know how a unit runs, open a file or a socket, or
//! ask for the time.

pub mod bench;
pub mod component;
pub mod project;
mod properties;
pub mod record;
pub mod replay;
mod rng;
pub mod station;
pub mod test;

pub use properties::Runs;
