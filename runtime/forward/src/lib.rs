//! What stations say, told to a second backend as well, as if it were the station that told it; and the requests of that backend
//! which the operator allows.
//!
//! For each station and each `[[forward]]` that chooses it there is one [line](line). The gateway's connection drops what was said
//! into the line's bounded mailbox and thinks no more of it; the line puts on disk what may not be missing, and says it in
//! order, one message at a time, over a WebSocket of its own. The station sees our answers alone.
//!
//! This crate must never know what a session or a price is, and nothing in it may keep a station waiting.

mod address;
mod fault;
mod rule;

mod forwards;
mod hub;
mod seat;

mod line;
mod talk;

mod books;
mod calls;
mod queue;
mod recent;
mod secrecy;
mod socket;

mod board;
mod budget;
mod pace;

pub use board::{ForwardStatus, LineStatus};
pub use fault::Fault;
pub use forwards::{Forwards, Ready};
pub use hub::{House, Stations};
pub use rule::{Forward, Introduce};
