//! Remembers across restarts which version each place had active: a file that is broken when the server starts must
//! not take its unit away.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::archive::write;

/// Path of the unit to hash.
pub(crate) struct Active {
    file: PathBuf,
    by_path: BTreeMap<String, String>,
}

impl Active {
    /// A file that cannot be read counts as empty: the units' own files are there to be loaded.
    pub(crate) fn open(archive: &Path) -> Self {
        let file = archive.join("active.json");
        let by_path = fs::read(&file).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        Self { file, by_path }
    }

    pub(crate) fn hash(&self, path: &str) -> Option<&str> {
        self.by_path.get(path).map(String::as_str)
    }

    pub(crate) fn hashes(&self) -> impl Iterator<Item = &String> {
        self.by_path.values()
    }

    pub(crate) fn replace(&mut self, by_path: BTreeMap<String, String>) {
        if by_path == self.by_path {
            return;
        }
        self.by_path = by_path;
        if let Err(error) = self.save() {
            tracing::warn!(file = %self.file.display(), %error, "cannot write down which versions are active");
        }
    }

    fn save(&self) -> std::io::Result<()> {
        let new = self.file.with_extension("new");
        write(&new, &serde_json::to_vec_pretty(&self.by_path)?)?;
        fs::rename(&new, &self.file)
    }
}
