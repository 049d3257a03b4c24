//! The WebAssembly host through its boundary: bytes in, answers, faults and findings out.

mod answers;
mod faults;
mod guest;
mod harness;
mod loading;
mod many;
mod outputs;
mod shipped;
