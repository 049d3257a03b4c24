//! Frames in, meanings out, and the other way round.

mod commands;
mod golden;
mod malformed;
mod prices;
mod rules;
