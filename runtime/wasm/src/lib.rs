//! Runs units that are WebAssembly components.
//!
//! A call gets a sandbox of its own: fresh memory, a budget of instructions, a deadline, and one capability, the log.
//! Whatever the component does, the call ends within its budget with an answer or with a classified fault, and the
//! sandbox is gone.
//!
//! This crate is the only one that names wasmtime. It must never know where components come from, in which order
//! units are asked, or what stands in for one that fails.

mod artifact;
mod bare;
mod cache;
mod child_compiler;
mod compiler;
mod contract;
mod driver;
mod engine;
mod facts;
mod fault;
mod log;
mod lookups;
mod meter;
mod money;
mod sandbox;
mod shape;
mod tables;
mod ticker;
mod unit;
mod v1;
mod wasi;
mod wires;

pub use bare::Bare;
pub use cache::Cache;
pub use child_compiler::{ChildCompiler, Limits as CompileLimits, work as run_child};
pub use compiler::WasmCompiler;
pub use engine::{Settings, StartError};
