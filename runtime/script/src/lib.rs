//! The Rhai host: scripts that price sessions, modify prices and authorize tokens, each call in a sandbox of its own.
//!
//! A unit is a folder with `main.rhai`; it has `fn price(session)`, `fn authorize(request)`, `fn modify(session, bill)`
//! or several of them. This crate must never touch the disk or the network, ask for the time or for randomness (but
//! for the deadline of a call), or believe what a script returns.

mod bare;
mod definitions;
mod explain;
mod files;
mod language;
mod output;
mod program;
mod source;
mod unit;
mod view;

pub use bare::Bare;
pub use definitions::definitions;
pub use unit::ScriptCompiler;
