//! Scripts through the crate's boundary: files in, answers, faults and diagnostics out.

mod diagnostics;
mod drivers;
mod harness;
mod hostile;
mod language;
mod meant;
mod reading;
mod results;
mod shipped;
mod speed;
mod tables;
