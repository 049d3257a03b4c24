//! Path 2, a file changes: watch, wait for quiet, read, check, compile, self-test, archive, swap.
//!
//! Start-up is the same path from an empty generation. What runs is compiled from bytes that are in the archive;
//! nothing is ever executed from the watched folders. This crate must never know how a unit runs, nor what a hook
//! answers: compilers come in through [`Compilers`], versions go out to the registry.

mod active;
mod approval;
mod archive;
mod candidate;
mod check;
mod compile_pools;
mod compile_task;
mod compiling;
mod findings;
mod holding;
mod judging;
mod known;
mod loader;
mod misnamed;
mod observe;
mod open;
mod order;
mod orders;
mod pool;
mod progress;
mod quiet;
mod read;
mod recalling;
mod regular;
mod reload;
mod report;
mod resume;
mod rules;
mod selecting;
mod settings;
mod source;
mod taking_in;
mod tallies;
mod unit_path;
mod watch;

pub use compile_pools::{CompileSettings, Compilers};
pub use observe::{Observed, Stopper};
pub use open::{Closed, Opened, Opener, manifest_at};
pub use order::{Order, Refused, Verb};
pub use regular::read_file;
pub use reload::{Missing, Pinned, Reload, Watching};
pub use report::{CheckError, Report, UnitReport, Verdict, check};
pub use rules::{LoadedRules, Reader, RulesFile};
pub use settings::{Bounds, ReloadSettings};
pub use source::{read_unit, source_of, unit_paths};
