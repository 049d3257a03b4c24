//! What must be found again after a restart: the version each place had active, the one before it, which units an
//! operator holds at a version, which versions are kept out, and which ones were approved.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use amprule_hooks::quarantine::Entries;
use amprule_hooks::registry::{Checkpoint, Checkpoints, VersionView};
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::archive::write;

const ACTIVE: &str = "active.json";
const HELD: &str = "held.json";
const QUARANTINE: &str = "quarantine.json";
const APPROVED: &str = "approved.json";
/// Beyond it the oldest approval is forgotten.
const APPROVED_MAX: usize = 1_000;

pub(crate) struct Active {
    archive: PathBuf,
    by_path: Checkpoints,
    /// Id to hash.
    held: BTreeMap<String, String>,
    /// Hash to when.
    approved: BTreeMap<String, Timestamp>,
}

impl Active {
    /// A file that cannot be read counts as empty: the units' own files are there to be loaded.
    pub(crate) fn open(archive: &Path) -> Self {
        Self {
            archive: archive.to_owned(),
            by_path: read(archive, ACTIVE),
            held: read(archive, HELD),
            approved: read(archive, APPROVED),
        }
    }

    pub(crate) fn get(&self, path: &str) -> Option<&Checkpoint> {
        self.by_path.get(path)
    }

    pub(crate) fn places(&self) -> &Checkpoints {
        &self.by_path
    }

    pub(crate) fn hashes(&self) -> HashSet<String> {
        let active = self.by_path.values().flat_map(|place| [Some(&place.hash), place.previous.as_ref()]);
        active.flatten().chain(self.held.values()).cloned().collect()
    }

    pub(crate) fn replace(&mut self, by_path: Checkpoints) {
        if by_path != self.by_path {
            self.by_path = by_path;
            save(&self.archive, ACTIVE, &self.by_path);
        }
    }

    pub(crate) fn held(&self, id: &str) -> Option<&String> {
        self.held.get(id)
    }

    pub(crate) fn all_held(&self) -> &BTreeMap<String, String> {
        &self.held
    }

    /// Where one of these versions was active.
    pub(crate) fn place_of(&self, versions: &[VersionView]) -> Option<(&String, &Checkpoint)> {
        self.by_path.iter().find(|(_, place)| versions.iter().any(|version| version.hash == place.hash))
    }

    pub(crate) fn hold(&mut self, id: &str, hash: &str) {
        self.held.insert(id.to_owned(), hash.to_owned());
        save(&self.archive, HELD, &self.held);
    }

    /// False: it was not held.
    pub(crate) fn release(&mut self, id: &str) -> bool {
        let was_held = self.held.remove(id).is_some();
        if was_held {
            save(&self.archive, HELD, &self.held);
        }
        was_held
    }

    pub(crate) fn is_approved(&self, hash: &str) -> bool {
        self.approved.contains_key(hash)
    }

    pub(crate) fn approve(&mut self, hash: &str, now: Timestamp) {
        self.approved.insert(hash.to_owned(), now);
        if self.approved.len() > APPROVED_MAX {
            let oldest = self.approved.iter().min_by_key(|(_, at)| **at).map(|(hash, _)| hash.clone());
            oldest.map(|hash| self.approved.remove(&hash));
        }
        save(&self.archive, APPROVED, &self.approved);
    }
}

pub(crate) fn quarantine(archive: &Path) -> Entries {
    read(archive, QUARANTINE)
}

pub(crate) fn write_quarantine(archive: &Path, entries: &Entries) {
    save(archive, QUARANTINE, entries);
}

pub(crate) fn read<T: DeserializeOwned + Default>(archive: &Path, name: &str) -> T {
    let file = archive.join(name);
    let Ok(bytes) = fs::read(&file) else { return T::default() };
    serde_json::from_slice(&bytes).unwrap_or_else(|error| {
        tracing::error!(file = %file.display(), %error, "cannot be understood and counts as empty; what it said is forgotten");
        T::default()
    })
}

pub(crate) fn save<T: Serialize>(archive: &Path, name: &str, content: &T) {
    let (file, new) = (archive.join(name), archive.join(name).with_extension("new"));
    let saved = serde_json::to_vec_pretty(content).map_err(std::io::Error::other);
    let saved = saved.and_then(|bytes| write(&new, &bytes)).and_then(|()| fs::rename(&new, &file));
    if let Err(error) = saved {
        tracing::warn!(file = %file.display(), %error, "cannot be written; a restart will not find what it says");
    }
}
