//! The registry and what it is made of, through their doors.

mod cases;
mod chains;
mod fixture;
mod hours;
mod lookups;
mod manifest;
mod recall;
mod registry;
mod shadow;
mod tables;
mod taps;
