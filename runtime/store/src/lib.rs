//! What is behind the domain's doors to the disk: SQLite. Nobody else reads or writes there.
//!
//! Callers hand over effects, plain data, and are answered when these are durable; nobody outside sees a transaction,
//! a table or a line of SQL. This crate asks nobody for the time or for randomness, and it never decides anything
//! about charging: times, numbers and ids are inside the effects.

mod aside;
mod codec;
mod decisions;
mod doors;
mod error;
mod folder;
mod forms;
mod limits;
mod members;
mod open_sessions;
mod packed;
mod queue;
mod read;
mod reader;
mod schema;
mod session_form;
mod settings;
mod spans;
mod stats;
mod store;
mod tokens;
mod write;

pub use error::OpenError;
pub use limits::{
    ANSWERS_PER_STATION, COMMITS_PER_TRANSACTION, CONNECTORS_PER_STATION, KEPT_BYTES_PER_REASON, KEPT_PER_REASON,
    PAGE_MAX, QUEUE_ROOM,
};
pub use reader::StoreReader;
pub use settings::{DecisionSettings, KeptBounds, ReadingSettings, StoreSettings};
pub use stats::Stats;
pub use store::SqliteStore;
