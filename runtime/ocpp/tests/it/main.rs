//! Frames in, meanings out, and the other way round.

mod commands;
mod golden;
mod malformed;
mod plug_and_charge;
mod prices;
mod rules;
