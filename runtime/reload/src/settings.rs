//! Where units are, and the bounds of taking them in.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::compile_pools::CompileSettings;

#[derive(Debug, Clone)]
pub struct ReloadSettings {
    /// Folders whose units are loaded, in this order: scripts, then plugins.
    pub folders: Vec<PathBuf>,
    /// The folder of candidates, which are compared with what is active and never become it.
    pub candidates: Option<PathBuf>,
    /// Where accepted versions are kept by their hash.
    pub archive: PathBuf,
    /// A change is read when nothing happened for this long …
    pub quiet: Duration,
    /// … or when this long has passed since its first sign.
    pub at_most: Duration,
    /// Everything is looked at this often, whether files told of a change or not.
    pub rescan: Duration,
    /// A unit that is not compiled and tested in this time is refused.
    pub compile: Duration,
    /// How long a start waits for units that have no earlier version to run meanwhile.
    pub start: Duration,
    pub bounds: Bounds,
    /// A version that asks for more than the active one waits for an operator.
    pub approve_upgrades: bool,
    /// A version that no session is pinned to leaves the archive when it was not used for this long …
    pub archive_unused: Duration,
    /// … or when there are more than this many, beginning with the unit that has most of them …
    pub archive_most: usize,
    /// … or with more bytes than these …
    pub archive_bytes: u64,
    /// … or when its unit has more than this many …
    pub archive_unit_most: usize,
    /// … or more bytes than these. The newest of a unit stays in any case, unless all units together have too many bytes:
    /// then what it was made of goes, and that it was there is known.
    pub archive_unit_bytes: u64,
    /// A version that no session is pinned to leaves memory when nobody asked it for this long.
    pub memory_unused: Duration,
}

/// What a unit may be made of.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    pub files: usize,
    /// Over all files.
    pub bytes: u64,
    /// Folders below the unit's own.
    pub depth: usize,
    /// Files and folders that lie there, the unit's or not: beyond it nothing is looked for.
    pub entries: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { files: 64, bytes: 32 << 20, depth: 4, entries: 10_000 }
    }
}

impl ReloadSettings {
    /// All folders in which units lie.
    pub(crate) fn watched(&self) -> impl Iterator<Item = &PathBuf> {
        self.folders.iter().chain(&self.candidates)
    }

    pub(crate) fn is_candidate(&self, path: &Path) -> bool {
        self.candidates.as_ref().is_some_and(|folder| path.starts_with(folder))
    }

    /// The usual bounds; the archive is a folder of the data folder.
    pub fn new(folders: Vec<PathBuf>, data: &Path) -> Self {
        Self {
            folders,
            candidates: None,
            archive: data.join("archive"),
            quiet: Duration::from_millis(120),
            at_most: Duration::from_secs(2),
            rescan: Duration::from_secs(30),
            compile: CompileSettings::TIMEOUT,
            start: Duration::from_secs(30),
            bounds: Bounds::default(),
            approve_upgrades: true,
            archive_unused: Duration::from_secs(90 * 24 * 3600),
            archive_most: 1_000,
            archive_bytes: 4 << 30,
            archive_unit_most: 200,
            archive_unit_bytes: 1 << 30,
            memory_unused: Duration::from_secs(10),
        }
    }
}
