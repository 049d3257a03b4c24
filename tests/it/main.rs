//! Every integration test, in one binary.

mod charging;
mod clients;
mod crash;
mod offline;
mod reload;
mod tidy;
