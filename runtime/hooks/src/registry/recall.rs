//! The version a session is pinned to, when it is not in memory: one load at a time, off the callers' threads.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::Registry;
use super::wanted::Wanted;
use crate::generation::Generation;
use crate::version::Version;

/// A station does not wait longer for an old version; the load goes on, and the next question finds it.
const WAIT: Duration = Duration::from_millis(500);
/// What was not in the archive is not looked for again within this time.
const MISSING: Duration = Duration::from_secs(30);
const MAX_MISSING: usize = 1_024;

#[derive(Default)]
pub(super) struct Recall {
    one_at_a_time: Arc<tokio::sync::Mutex<()>>,
    missing: Arc<Mutex<HashMap<String, Instant>>>,
}

impl Registry {
    pub(super) async fn version_of(&self, generation: &Generation, wanted: Wanted<'_>) -> Option<Arc<Version>> {
        if !wanted.fixed
            && let Some(active) = generation.active(wanted.unit).filter(|version| version.has(wanted.hook))
        {
            return Some(Arc::clone(active));
        }
        if wanted.hash.is_empty() {
            return None;
        }
        match self.cache.get(wanted.hash) {
            Some(version) => Some(version),
            None => tokio::time::timeout(WAIT, self.recall(wanted.hash)).await.ok().flatten(),
        }
    }

    async fn recall(&self, hash: &str) -> Option<Arc<Version>> {
        let archive = Arc::clone(self.archive.get()?);
        let now = (self.steady)();
        if self.recall.known_missing(hash, now) {
            return None;
        }
        let turn = Arc::clone(&self.recall.one_at_a_time).lock_owned().await;
        if let Some(version) = self.cache.get(hash) {
            return Some(version);
        }
        if self.recall.known_missing(hash, now) {
            return None;
        }
        let (cache, missing, hash) = (Arc::clone(&self.cache), Arc::clone(&self.recall.missing), hash.to_owned());
        let load = tokio::task::spawn_blocking(move || {
            let version = archive.load(&hash).map(|version| cache.put(version, now));
            if version.is_none() {
                remember(&missing, hash, now);
            }
            drop(turn);
            version
        });
        load.await.ok().flatten()
    }
}

impl Recall {
    fn known_missing(&self, hash: &str, now: Instant) -> bool {
        self.missing.lock().get(hash).is_some_and(|since| now.saturating_duration_since(*since) < MISSING)
    }
}

fn remember(missing: &Mutex<HashMap<String, Instant>>, hash: String, now: Instant) {
    let mut missing = missing.lock();
    if missing.len() >= MAX_MISSING {
        missing.clear();
    }
    missing.insert(hash, now);
}
