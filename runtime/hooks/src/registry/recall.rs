//! The version a session is pinned to, when it is not in memory: one load at a time, off the callers' threads.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::Registry;
use super::wanted::Wanted;
use crate::generation::Generation;
use crate::version::Version;

/// A session that goes on does not wait longer for an old version; the load goes on, and the next question finds it.
const WAIT: Duration = Duration::from_millis(500);
/// A bill does: it is worth more than a quick answer to the station, which waits for half a minute at least.
const WAIT_FOR_A_BILL: Duration = Duration::from_secs(10);
/// What a bill has waited for in vain holds up no other one within this time.
const SLOW: Duration = Duration::from_secs(30);
/// What was not in the archive is not looked for again within this time.
const MISSING: Duration = Duration::from_secs(30);
const MAX_REMEMBERED: usize = 1_024;

#[derive(Default)]
pub(super) struct Recall {
    one_at_a_time: Arc<tokio::sync::Mutex<()>>,
    missing: Arc<Mutex<HashMap<String, Instant>>>,
    slow: Mutex<HashMap<String, Instant>>,
}

impl Registry {
    /// `is_final`: it is asked for a bill.
    pub(super) async fn version_of(
        &self,
        generation: &Generation,
        wanted: Wanted<'_>,
        is_final: bool,
    ) -> Option<Arc<Version>> {
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
            None => self.recall_in_time(wanted, is_final).await,
        }
    }

    async fn recall_in_time(&self, wanted: Wanted<'_>, is_final: bool) -> Option<Arc<Version>> {
        let Wanted { unit, version, hash, .. } = wanted;
        let is_patient = is_final && !is_recent(&self.recall.slow, hash, (self.steady)(), SLOW);
        let wait = if is_patient { WAIT_FOR_A_BILL } else { WAIT };
        let recalled = tokio::time::timeout(wait, self.recall(hash)).await;
        if recalled.is_err() && is_patient {
            remember(&self.recall.slow, hash.to_owned(), (self.steady)());
            tracing::warn!(
                extension = unit,
                version,
                hash,
                "a bill has waited {} s for a version that comes from the archive; its fallback stands in. When it is there, \
                 `amprule session reprice` makes the bill right",
                wait.as_secs()
            );
        }
        recalled.ok().flatten()
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
        is_recent(&self.missing, hash, now, MISSING)
    }
}

fn is_recent(known: &Mutex<HashMap<String, Instant>>, hash: &str, now: Instant, within: Duration) -> bool {
    known.lock().get(hash).is_some_and(|since| now.saturating_duration_since(*since) < within)
}

fn remember(known: &Mutex<HashMap<String, Instant>>, hash: String, now: Instant) {
    let mut known = known.lock();
    if known.len() >= MAX_REMEMBERED {
        known.clear();
    }
    known.insert(hash, now);
}
