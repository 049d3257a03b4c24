//! What the compilers are given, and what they give back.

use amprule_hooks::{Diagnostic, Source, Version};
use jiff::Timestamp;

pub(crate) type Result<T> = std::result::Result<T, Vec<Diagnostic>>;

/// A unit that passed every step, and how many of its cases ran.
pub(crate) struct Made {
    pub(crate) version: Version,
    pub(crate) cases: usize,
}

/// What a thread of the pool is given.
pub(crate) struct CompileTask {
    pub(crate) source: Source,
    /// Whether the unit's own cases are run.
    pub(crate) tests: bool,
    pub(crate) at: Timestamp,
}
