//! A cache of the loaded versions by hash: active ones, last known good ones, and those that sessions are pinned to.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::RwLock;

use crate::version::Version;

#[derive(Default)]
pub(crate) struct VersionCache(RwLock<HashMap<String, Arc<Version>>>);

impl VersionCache {
    /// Beyond them the versions that were idle longest leave memory; the archive still has them, and they are made anew when
    /// somebody asks for them.
    const MAX: usize = 1_024;
    const MAX_BYTES: usize = 512 << 20;
    /// Those that were asked just now stay up to here: what sessions take turns to need would be made anew at every question.
    const MAX_BUSY_BYTES: usize = 2 * Self::MAX_BYTES;
    const BUSY: Duration = Duration::from_secs(60);

    pub(crate) fn get(&self, hash: &str) -> Option<Arc<Version>> {
        self.0.read().get(hash).cloned()
    }

    /// The version that stays: the one that was there before, if any, with its counters.
    pub(crate) fn put(&self, version: Arc<Version>, now: Instant) -> Arc<Version> {
        let mut versions = self.0.write();
        if !versions.contains_key(&version.hash) {
            make_room(&mut versions, version.bytes, now);
        }
        Arc::clone(versions.entry(version.hash.clone()).or_insert(version))
    }

    /// Whether one more like it would push another one out.
    pub(crate) fn is_full(&self) -> bool {
        let versions = self.0.read();
        versions.len() >= Self::MAX || bytes_of(&versions) >= Self::MAX_BYTES
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

fn bytes_of(versions: &HashMap<String, Arc<Version>>) -> usize {
    versions.values().map(|version| version.bytes).sum()
}

/// Those leave that nobody but the cache has: to forget one that is active would free nothing.
fn make_room(versions: &mut HashMap<String, Arc<Version>>, bytes: usize, now: Instant) {
    let mut held = bytes_of(versions) + bytes;
    while versions.len() >= VersionCache::MAX || held > VersionCache::MAX_BYTES {
        let alone = versions.values().filter(|version| Arc::strong_count(version) == 1);
        let Some(idle) = alone.max_by_key(|version| version.idle(now)) else { return };
        let is_busy = idle.idle(now) < VersionCache::BUSY;
        if is_busy && versions.len() < VersionCache::MAX && held <= VersionCache::MAX_BUSY_BYTES {
            return;
        }
        let hash = idle.hash.clone();
        held -= versions.remove(&hash).map_or(0, |version| version.bytes);
    }
}
