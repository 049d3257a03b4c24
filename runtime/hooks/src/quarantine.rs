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
    /// Of one unit: beyond it its oldest entry is forgotten.
    const MAX_OF_UNIT: usize = 100;
    /// Of all units: beyond it the oldest one of the unit that has most. Versions that fail let no other unit's back in.
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
            let (unit, mut entries) = (entry.unit.clone(), self.0.entries.lock());
            entries.insert(hash.to_owned(), entry);
            while count(&entries, &unit) > Self::MAX_OF_UNIT {
                forget_oldest(&mut entries, &unit);
            }
            while entries.len() > Self::MAX {
                let largest = largest(&entries);
                forget_oldest(&mut entries, &largest);
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

fn count(entries: &Entries, unit: &str) -> usize {
    entries.values().filter(|entry| entry.unit == unit).count()
}

fn largest(entries: &Entries) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    entries.values().for_each(|entry| *counts.entry(&entry.unit).or_default() += 1);
    counts.into_iter().max_by_key(|(_, count)| *count).map(|(unit, _)| unit.to_owned()).unwrap_or_default()
}

fn forget_oldest(entries: &mut Entries, unit: &str) {
    let of_unit = entries.iter().filter(|(_, entry)| entry.unit == unit);
    let oldest = of_unit.min_by_key(|(_, entry)| entry.at).map(|(hash, _)| hash.clone());
    oldest.map(|hash| entries.remove(&hash));
}

impl Book {
    fn write(&self) {
        let _one_at_a_time = self.writing.lock();
        let Some(writer) = self.writer.get().filter(|_| self.is_behind.swap(false, SeqCst)) else { return };
        let entries = self.entries.lock().clone();
        writer(&entries);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(unit: &str, second: i64) -> Quarantined {
        let at = Timestamp::from_second(second).unwrap();
        Quarantined { unit: unit.to_owned(), version: "1.0.0".to_owned(), at, reason: "it failed".to_owned() }
    }

    #[test]
    fn versions_that_fail_let_in_no_other_units_versions() {
        let quarantine = Quarantine::default();
        quarantine.add("calm", failed("calm", 0));
        for second in 0..150 {
            quarantine.add(&format!("restless-{second}"), failed("restless", second));
        }
        assert!(quarantine.get("calm").is_some());
        assert_eq!(quarantine.of_unit("restless").len(), Quarantine::MAX_OF_UNIT);
        assert!(quarantine.get("restless-49").is_none() && quarantine.get("restless-50").is_some());
        // Of all units, too, the one that has most makes room.
        for unit in 0..950 {
            quarantine.add(&format!("one-{unit}"), failed(&format!("one-{unit}"), 1_000));
        }
        assert_eq!(quarantine.0.entries.lock().len(), Quarantine::MAX);
        assert!(quarantine.get("calm").is_some() && quarantine.get("one-0").is_some());
        assert_eq!(quarantine.of_unit("restless").len(), Quarantine::MAX - 951);
    }
}
