//! Files that are no active version: those in the making, and those that were refused or wait.

use jiff::Timestamp;

use crate::Diagnostic;

/// Files that are fit so far; a compiler has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checking {
    pub id: String,
    pub version: String,
    pub hash: String,
    pub since: Timestamp,
}

/// Files that could not become an active version.
#[derive(Debug, Clone)]
pub struct Trouble {
    /// As the manifest says it, or as the path lets guess.
    pub id: String,
    /// The files' version and hash, as far as they could be read.
    pub version: String,
    pub hash: String,
    pub at: Timestamp,
    /// Nothing is wrong, but something is not there yet.
    pub waiting: bool,
    /// It would stand beside the active version and not become it.
    pub candidate: bool,
    pub diagnostics: Vec<Diagnostic>,
}
