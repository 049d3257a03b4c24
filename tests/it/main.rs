//! Every integration test, in one binary.

mod charging;
mod offline;
mod tidy;
