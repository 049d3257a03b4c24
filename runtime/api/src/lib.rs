//! The management HTTP API: what operators and their tools see of the runtime.
//!
//! Everything under `/api/v1` needs the bearer token; `/health/live`, `/health/ready`, `/openapi.json` and, unless the
//! settings say otherwise, `/metrics` are open. The document at `/openapi.json` describes every route.
//!
//! This crate knows the domain and its doors: [`Control`] to the stations, `Catalogue` and `Archive` to what is on disk,
//! [`Extensions`] to the loaded units, [`Devices`] to hardware without OCPP, [`Sites`] to shared power,
//! [`Files`] to firmware and logs. It must never know an OCPP version, a database or a
//! plugin runtime, and it keeps no state of its own beside its limits.

mod control;
mod devices;
mod extensions;
mod files;
mod routes;
mod serve;
mod settings;
mod sites;
mod snapshot;
mod state;
mod told;

mod access;
mod in_time;
mod problem;
mod wire;

mod command;
mod decision;
mod device;
mod events;
mod extension;
mod firmware;
mod forward;
mod holding;
mod operation;
mod price;
mod session;
mod site;
mod station;
mod token;
mod webhook;

#[cfg(test)]
mod testing;

pub use control::{CallFailed, CallOutcome, ConnectionInfo, Control, Password, Worded};
pub use devices::{DeviceChange, DeviceRefused, Devices};
pub use extensions::{Extensions, NoShadow, Order, OrderRefused};
pub use files::{Content, FileFault, FileRefused, Files};
pub use forward::Forwards;
pub use operation::quirks::{QuirkView, QuirksView};
pub use routes::{document, router};
pub use serve::serve;
pub use settings::Settings;
pub use site::{CircuitEntry, EvseEntry, SiteView};
pub use sites::Sites;
pub use snapshot::{
    CertificateExpiry, CircuitLoad, Commits, DeviceCount, ForwardCount, HookCount, MessageCount, Metrics, RepairCount,
    ShadowCount, SiteLoad, Snapshot, StageCount,
};
pub use state::{Api, Parts};
pub use told::told;
pub use webhook::Webhooks;
