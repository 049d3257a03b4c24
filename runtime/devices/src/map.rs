//! A driver that is configuration alone: `device.toml` says what registers and answers mean, and no line of code is written.
//!
//! `points` are read at each turn, `state` says what they come to, `commands` what brings about what shall be so. Boxes whose
//! setpoint has a lifetime have it said again (`again_s`), and those that watch over us are fed (`heartbeat`).

mod advice;
mod complaints;
mod condition;
mod document;
mod finding;
mod form;
mod guest;
mod point;
mod reads;
mod schema;
mod unit;
mod value;
mod write;

pub use schema::schema;
pub use unit::MapCompiler;
