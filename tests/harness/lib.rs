//! What the integration tests are written with: the real server as a child process, stations that speak raw OCPP-J,
//! and the management API.
//!
//! It goes through the product's own boundaries only: frames, files, HTTP, signals.

pub mod clock;
pub mod command;
pub mod events;
pub mod folders;
pub mod golden;
pub mod lateness;
pub mod management;
pub mod process;
pub mod schemas;
pub mod server;
pub mod station16;
pub mod station201;
pub mod units;
pub mod wait;
pub mod wire;

pub use clock::ago;
pub use command::amprule;
pub use management::{Management, Response};
pub use server::{Setup, TestServer};
pub use wait::until;
pub use wire::{Answer, Wire};

/// What takes minutes is for CI, and for whoever asks with `RUN_SLOW=1`.
pub fn is_slow_run() -> bool {
    ["CI", "RUN_SLOW"].iter().any(|name| std::env::var_os(name).is_some())
}
