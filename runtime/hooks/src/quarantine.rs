//! Versions that may not become active again, by their hash, until an operator lets them in.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, OnceLock};
use std::thread;

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
/// Puts the entries on disk, and may take its time.
pub type Writer = Box<dyn Fn(&Entries) + Send + Sync>;

#[derive(Default)]
pub(crate) struct Quarantine(Arc<Book>);

/// The entries, and how they come to the disk.
#[derive(Default)]
struct Book {
    entries: Mutex<Entries>,
    writer: OnceLock<Writer>,
    /// The disk does not say what the entries are.
    is_behind: AtomicBool,
    /// Held while the entries are written: whoever writes last has read the newest ones.
    writing: Mutex<()>,
}

impl Quarantine {
    /// Beyond it the oldest entry is forgotten.
    const MAX: usize = 1_000;

    /// Only the first writer is kept.
    pub(crate) fn open(&self, entries: Entries, writer: Writer) {
        *self.0.entries.lock() = entries;
        drop(self.0.writer.set(writer));
    }

    pub(crate) fn get(&self, hash: &str) -> Option<Quarantined> {
        self.0.entries.lock().get(hash).cloned()
    }

    pub(crate) fn of_unit(&self, unit: &str) -> Vec<(String, Quarantined)> {
        let entries = self.0.entries.lock();
        entries.iter().filter(|(_, entry)| entry.unit == unit).map(|(h, e)| (h.clone(), e.clone())).collect()
    }

    /// Written on a thread of its own: whoever adds is in the middle of a station's call.
    pub(crate) fn add(&self, hash: &str, entry: Quarantined) {
        {
            let mut entries = self.0.entries.lock();
            entries.insert(hash.to_owned(), entry);
            if entries.len() > Self::MAX {
                let oldest = entries.iter().min_by_key(|(_, entry)| entry.at).map(|(hash, _)| hash.clone());
                oldest.map(|hash| entries.remove(&hash));
            }
        }
        self.0.is_behind.store(true, SeqCst);
        let book = Arc::clone(&self.0);
        let begun = thread::Builder::new().name("amprule-quarantine".to_owned()).spawn(move || book.write());
        if begun.is_err() {
            self.0.write();
        }
    }

    /// On disk when it returns. False: it was not there.
    pub(crate) fn lift(&self, hash: &str) -> bool {
        let was_there = self.0.entries.lock().remove(hash).is_some();
        if was_there {
            self.0.is_behind.store(true, SeqCst);
            self.0.write();
        }
        was_there
    }

    /// On disk as it is now when it returns.
    pub(crate) fn write(&self) {
        self.0.write();
    }
}

impl Book {
    fn write(&self) {
        let _one_at_a_time = self.writing.lock();
        let Some(writer) = self.writer.get().filter(|_| self.is_behind.swap(false, SeqCst)) else { return };
        let entries = self.entries.lock().clone();
        writer(&entries);
    }
}
