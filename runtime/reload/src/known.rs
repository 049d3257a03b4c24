//! What is known of a place.

use std::time::Instant;

use amprule_hooks::Diagnostic;

use crate::read::Stamp;
use crate::settings::ReloadSettings;

#[derive(Default)]
pub(crate) struct PathState {
    pub(crate) stamp: Option<Stamp>,
    /// What the files were when they were last judged.
    pub(crate) hash: String,
    pub(crate) code_hash: String,
    /// Whose files they were when they could be read last.
    pub(crate) id: Option<String>,
    /// What of it is active: id and hash.
    pub(crate) active: Option<(String, String)>,
    /// What was said of it last, so that it is not said twice.
    pub(crate) refused: Vec<Diagnostic>,
    /// Another place has its id: to be judged again when that changes.
    pub(crate) doubled: bool,
    /// Since when its files are not there.
    missing: Option<Instant>,
}

impl PathState {
    /// The next look takes the files as if they were new.
    pub(crate) fn forget_files(&mut self) {
        self.hash.clear();
        self.stamp = None;
    }

    /// The same files may deserve another verdict now.
    pub(crate) fn is_unsettled(&self) -> bool {
        self.doubled || self.missing.is_some()
    }

    pub(crate) fn is_there(&mut self) {
        self.missing = None;
    }

    /// True when it was missing before, and long enough ago.
    pub(crate) fn is_gone(&mut self, settings: &ReloadSettings) -> bool {
        let since = *self.missing.get_or_insert_with(Instant::now);
        since.elapsed() >= settings.quiet
    }
}
