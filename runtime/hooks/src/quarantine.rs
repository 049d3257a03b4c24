//! Versions that may not become active again, by their digest, until an operator lets them in.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use jiff::Timestamp;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

/// Why a version is kept out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Quarantined {
    pub unit: String,
    pub version: String,
    pub at: Timestamp,
    pub reason: String,
}

/// By hash.
pub type Entries = BTreeMap<String, Quarantined>;
/// Puts the entries on disk. Called where things happen, so it must be quick.
pub type Writer = Box<dyn Fn(&Entries) + Send + Sync>;

#[derive(Default)]
pub(crate) struct Quarantine {
    entries: Mutex<Entries>,
    writer: OnceLock<Writer>,
}

impl Quarantine {
    /// Beyond it the oldest entry is forgotten.
    const MAX: usize = 1_000;

    /// Only the first writer is kept.
    pub(crate) fn open(&self, entries: Entries, writer: Writer) {
        *self.entries.lock() = entries;
        drop(self.writer.set(writer));
    }

    pub(crate) fn get(&self, hash: &str) -> Option<Quarantined> {
        self.entries.lock().get(hash).cloned()
    }

    pub(crate) fn of_unit(&self, unit: &str) -> Vec<(String, Quarantined)> {
        let entries = self.entries.lock();
        entries.iter().filter(|(_, entry)| entry.unit == unit).map(|(h, e)| (h.clone(), e.clone())).collect()
    }

    pub(crate) fn add(&self, hash: &str, entry: Quarantined) {
        let mut entries = self.entries.lock();
        entries.insert(hash.to_owned(), entry);
        if entries.len() > Self::MAX {
            let oldest = entries.iter().min_by_key(|(_, entry)| entry.at).map(|(hash, _)| hash.clone());
            oldest.map(|hash| entries.remove(&hash));
        }
        self.write(&entries);
    }

    /// False: it was not there.
    pub(crate) fn lift(&self, hash: &str) -> bool {
        let mut entries = self.entries.lock();
        let was_there = entries.remove(hash).is_some();
        if was_there {
            self.write(&entries);
        }
        was_there
    }

    fn write(&self, entries: &Entries) {
        if let Some(writer) = self.writer.get() {
            writer(entries);
        }
    }
}
