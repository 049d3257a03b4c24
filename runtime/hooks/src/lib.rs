//! The contract between the runtime and other people's code: units, their manifests, budgets, order, fallbacks
//! and generations.
//!
//! This crate must never know how a unit runs: `wasm` and `script` implement [`Compiler`] and [`Unit`], `reload`
//! finds and checks sources, the server introduces them to each other.

mod archive;
pub mod breaker;
mod cache;
mod call;
pub mod cases;
mod chain;
pub mod codes;
mod combining;
pub mod comparison;
pub mod deadline;
mod diagnostic;
pub mod driver;
mod entry;
pub mod gate;
mod generation;
mod inactive;
pub mod inputs;
mod log_parameters;
mod log_rate_limit;
pub mod lookups;
pub mod manifest;
pub mod mask;
mod notifier;
pub mod offers;
mod panics;
pub mod permissions;
pub mod probation;
pub mod quarantine;
pub mod question;
pub mod registry;
pub mod selection;
pub mod settings;
pub mod shadow;
mod stage;
mod stats;
pub mod tables;
mod tap_cache;
mod throttle;
pub mod trial;
pub mod unit;
pub mod version;

pub use archive::{Absent, Archive};
pub use deadline::Deadline;
pub use diagnostic::Diagnostic;
pub use gate::Gate;
pub use generation::Change;
pub use log_rate_limit::LogRateLimit;
pub use manifest::Manifest;
pub use mask::Mask;
pub use probation::{ProbationRules, ProbationState};
pub use quarantine::Quarantined;
pub use question::{AnyQuestion, Question};
pub use registry::{Registry, Trouble, UnitView};
pub use selection::Selection;
pub use settings::{CallLimits, HookSettings, HostLimits, StaticTariff};
pub use tables::Tables;
pub use unit::{Answer, Budget, Compiler, Kind, Source, Unit, Used};
pub use version::Version;
