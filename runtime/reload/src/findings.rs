//! What one look found, before anybody is told.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use amprule_hooks::{Change, Diagnostic, Trouble, Version};

#[derive(Default)]
pub(crate) struct Findings {
    pub(crate) changes: Vec<Change>,
    pub(crate) troubles: Vec<(PathBuf, Trouble)>,
    /// Places whose files are gone, or are what is active.
    pub(crate) cleared: Vec<PathBuf>,
    /// Candidates, and where their files are.
    pub(crate) shadows: Vec<(Arc<Version>, String)>,
    /// Units whose candidate is gone.
    pub(crate) shadows_over: Vec<String>,
    /// How the file of rules stands, when it is another than before.
    pub(crate) rules: Option<Result<Vec<String>, Vec<Diagnostic>>>,
    /// What else counts with it.
    pub(crate) also: Option<Box<dyn FnOnce() + Send>>,
    /// Something is in motion: look again soon.
    pub(crate) again: bool,
    /// Files changed while they were read, so that nobody knows yet which unit they are.
    pub(crate) moving: bool,
}

impl Findings {
    pub(crate) fn activates(&self, id: &str) -> bool {
        self.changes.iter().any(|change| matches!(change, Change::Activate { version, .. } if version.id() == id))
    }

    /// What was said of a place in this look is true no more.
    pub(crate) fn take_back(&mut self, path: &Path) {
        self.troubles.retain(|(other, _)| other != path);
    }
}
