//! Files between the server and its stations: firmware that they fetch, logs that they bring (OCPP 2.0.1, blocks L and N).
//!
//! Both lie in one folder, within bounds, and are known by what lies beside them, so that a restart forgets nothing. Stations
//! reach them over HTTP at a listener of their own, by addresses that only this server can have given: who has one may fetch that
//! file, or bring that log once.
//!
//! This crate knows neither OCPP nor the engine; which station is asked for what is its users' part.

mod addresses;
mod settings;

mod disk;
mod firmware;
mod logs;
mod spool;

mod answer;
mod download;
mod multipart;
mod serve;
mod steady;
mod upload;

mod files;
mod refused;

pub use files::{Files, House};
pub use refused::Refused;
pub use serve::{Secure, Transport, serve};
pub use settings::Settings;
pub use spool::{Chunks, chunks};
