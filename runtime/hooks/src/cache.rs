//! A cache of the loaded versions by hash: active ones, last known good ones, and those that sessions are pinned to.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::RwLock;

use crate::version::Version;

#[derive(Default)]
pub(crate) struct VersionCache(RwLock<HashMap<String, Arc<Version>>>);

impl VersionCache {
    /// Beyond it the version that was idle longest leaves memory; the archive still has it.
    const MAX: usize = 1_024;

    pub(crate) fn get(&self, hash: &str) -> Option<Arc<Version>> {
        self.0.read().get(hash).cloned()
    }

    /// The version that stays: the one that was there before, if any, with its counters.
    pub(crate) fn put(&self, version: Arc<Version>, now: Instant) -> Arc<Version> {
        let mut versions = self.0.write();
        if versions.len() >= Self::MAX && !versions.contains_key(&version.hash) {
            let idle = versions.values().max_by_key(|version| version.idle(now)).map(|version| version.hash.clone());
            idle.map(|hash| versions.remove(&hash));
        }
        Arc::clone(versions.entry(version.hash.clone()).or_insert(version))
    }

    /// Lets go of what is neither kept nor was used lately.
    pub(crate) fn retire(&self, kept: &HashSet<&str>, idle: Duration, now: Instant) -> usize {
        let mut versions = self.0.write();
        let before = versions.len();
        versions.retain(|hash, version| kept.contains(hash.as_str()) || version.idle(now) < idle);
        before - versions.len()
    }

    pub(crate) fn of_unit(&self, id: &str) -> Vec<Arc<Version>> {
        let mut versions: Vec<_> = self.0.read().values().filter(|version| version.id() == id).cloned().collect();
        versions.sort_by(|a, b| (a.loaded_at, &a.hash).cmp(&(b.loaded_at, &b.hash)));
        versions
    }
}
