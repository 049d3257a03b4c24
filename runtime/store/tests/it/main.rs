//! The store through its doors, on real files.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

#[macro_use]
mod suite;

mod aside;
mod filing;
mod past;
mod sqlite;
