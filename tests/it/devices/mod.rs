//! Hardware that speaks no OCPP: each driver of the product against a box of another library's making, through the real server.

mod bound;
mod boxes;
mod components;
mod datagrams;
pub(super) mod hardware;
mod hostile;
pub(super) mod keba;
mod messages;
mod meter;
mod page;
mod plugs;
mod serial;
mod tapes;
