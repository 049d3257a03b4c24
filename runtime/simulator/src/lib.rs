//! Charging stations without hardware: one at a time for tests, or a fleet that plays charging days in fast motion.
//!
//! [`SimStation`] is a real OCPP-J client over a real socket. [`Fleet`] drives many of them by a plan that a seed
//! decides. [`Whole`] is the state of a station that does all that the standard asks of one. [`Keba`] is a box that
//! speaks no OCPP. This crate must never depend on the server's crates: what it says on the wire it says on its own, so
//! that a mistake in the server's reading of the standard is not repeated here.

mod charge;
mod station;
mod verbs;
mod version;

mod answers;
mod pump;
mod words;

mod whole;

mod fleet;
mod fleet_settings;
mod plan;
mod progress;
mod runner;
mod tempo;

mod boxes;

mod chance;
mod error;

pub use answers::{Answer, Handler, accepting};
pub use boxes::{Cars, Keba};
pub use charge::{Charge, Flow, Meter};
pub use error::{CallError, ConnectError, FleetError};
pub use fleet::Fleet;
pub use fleet_settings::FleetSettings;
pub use plan::{Planned, Step, plan_day};
pub use progress::{Progress, What};
pub use station::{SimStation, StationSettings};
pub use verbs::Outcome;
pub use version::Version;
pub use whole::{Download, Habits, LocalList, Monitor, Profile, Reservation, Running, Whole};
