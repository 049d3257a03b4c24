//! The WebAssembly host through its boundary: bytes in, answers, faults and findings out.

mod answers;
mod cache;
mod faults;
mod guests;
mod harness;
mod loading;
mod many;
mod museum;
mod outputs;
mod shipped;
mod wasi;
