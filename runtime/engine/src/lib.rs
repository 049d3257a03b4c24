//! Stations as tasks: one task and one bounded mailbox per station.
//!
//! A message comes in through the station's link, is understood by the state machine in `domain`, asks the hooks, is
//! committed, and is answered, in this order and in one place ([`step`]). This crate must never know a wire format, a
//! database or how a hook runs; it is handed all of them as ports.

mod acts;
mod alarm;
mod answered;
mod ask;
mod asked;
mod calls;
mod certificates;
mod connection;
mod counters;
mod door;
mod engine;
mod exchanges;
mod guesses;
mod happened;
mod key_codes;
mod mailbox;
mod needs;
mod numbers;
mod ordered;
mod passwords;
mod pending;
mod plans;
mod ports;
mod profiles;
mod pulled;
mod recall;
mod resets;
mod settings;
mod shared;
mod starts;
mod station;
mod stations;
mod step;
mod streamed;
mod tick;
mod timekeeping;
mod troubles;
mod vouch;

pub use calls::CallFailed;
pub use connection::ConnectionInfo;
pub use counters::{Counters, Earned, MessageCount};
pub use engine::Engine;
pub use guesses::GuessCounts;
pub use ports::{PasswordCheck, PasswordHash, Ports, SharedPlaces, SigningCheck};
pub use settings::{PendingStations, Settings, UnknownStations};
