//! A driver that is configuration alone: `device.toml` says which registers mean what, and no line of code is written.
//!
//! `points` are read at each turn, `state` says what they come to, `commands` what brings about what shall be so. Boxes whose
//! setpoint has a lifetime have it said again (`again_s`), and those that watch over us are fed (`heartbeat`).

mod document;
mod guest;
mod register;
mod unit;

pub use unit::MapCompiler;
