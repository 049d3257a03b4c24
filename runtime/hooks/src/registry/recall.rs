//! The version a session is pinned to, when it is not in memory: loaded once for all who ask, off their threads. They
//! wait for it, and when they have waited long enough it goes on without them.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::time;

use super::Registry;
use super::wanted::Wanted;
use crate::archive::{Absent, Archive};
use crate::cache::VersionCache;
use crate::generation::Generation;
use crate::version::Version;

/// A session that goes on does not wait longer for old versions.
const WAIT: Duration = Duration::from_millis(500);
/// A bill does: it is worth more than a quick answer to the station, which waits for half a minute at least.
const WAIT_FOR_A_BILL: Duration = Duration::from_secs(10);
/// What a bill has waited for in vain holds up no other one within this time.
const SLOW: Duration = Duration::from_secs(30);
/// What was not in the archive is not looked for again within this time.
const MISSING: Duration = Duration::from_secs(30);
const MAX_REMEMBERED: usize = 1_024;
/// So many versions come from the archive at the same time; who finds no place waits for one, within its patience.
const LOADS: usize = 64;
const PLACE: Duration = Duration::from_millis(20);

#[derive(Default)]
pub(super) struct Recall {
    /// By hash: what is being loaded. It closes when the load has ended.
    loads: Arc<Mutex<HashMap<String, watch::Receiver<()>>>>,
    missing: Arc<Mutex<HashMap<String, Instant>>>,
    slow: Mutex<HashMap<String, Instant>>,
}

/// How long one question waits, for all the versions that it needs.
#[derive(Clone, Copy)]
pub(super) struct Patience {
    is_final: bool,
    until: time::Instant,
}

impl Patience {
    /// `is_final`: it is asked for a bill.
    pub(super) fn begin(is_final: bool) -> Self {
        let wait = if is_final { WAIT_FOR_A_BILL } else { WAIT };
        Self { is_final, until: time::Instant::now() + wait }
    }
}

impl Registry {
    pub(super) async fn version_of(
        &self,
        generation: &Generation,
        wanted: Wanted<'_>,
        patience: Patience,
    ) -> Result<Arc<Version>, Absent> {
        if !wanted.fixed
            && let Some(active) = generation.active(wanted.unit).filter(|version| version.has(wanted.hook))
        {
            return Ok(Arc::clone(active));
        }
        if wanted.hash.is_empty() {
            return Err(Absent::Lost);
        }
        match self.cache.get(wanted.hash) {
            Some(version) => Ok(version),
            None => self.recall(wanted, patience).await,
        }
    }

    async fn recall(&self, wanted: Wanted<'_>, patience: Patience) -> Result<Arc<Version>, Absent> {
        let (hash, now) = (wanted.hash, (self.steady)());
        let archive = self.archive.get().ok_or(Absent::Lost)?;
        if is_recent(&self.recall.missing, hash, now, MISSING) {
            return Err(Absent::Lost);
        }
        let is_patient = patience.is_final && !is_recent(&self.recall.slow, hash, now, SLOW);
        let until = if is_patient { patience.until } else { patience.until.min(time::Instant::now() + WAIT) };
        let loaded = async {
            while let Err(Full) = self.recall.load(hash, archive, &self.cache, now).await {
                time::sleep(PLACE).await;
            }
        };
        let waited = time::timeout_at(until, loaded).await;
        if waited.is_err() && is_patient {
            self.waited_in_vain(wanted);
        }
        let is_missing = || is_recent(&self.recall.missing, hash, now, MISSING);
        self.cache.get(hash).ok_or_else(|| if is_missing() { Absent::Lost } else { Absent::Busy })
    }

    fn waited_in_vain(&self, wanted: Wanted<'_>) {
        let Wanted { unit, version, hash, .. } = wanted;
        remember(&self.recall.slow, hash.to_owned(), (self.steady)());
        tracing::warn!(
            extension = unit,
            version,
            hash,
            "a bill has waited {} s for what comes from the archive, and this version is not there yet; its fallback stands in. \
             When it is there, `amprule session reprice` makes the bill right",
            WAIT_FOR_A_BILL.as_secs()
        );
    }
}

impl Recall {
    /// Returns when the version is there, or is known to be missing.
    async fn load(
        &self,
        hash: &str,
        archive: &Arc<dyn Archive>,
        cache: &Arc<VersionCache>,
        now: Instant,
    ) -> Result<(), Full> {
        if let Some(mut load) = self.begin(hash, archive, cache, now)? {
            let _closed = load.changed().await;
        }
        Ok(())
    }

    /// What closes when it is over. `None`: the version is there already.
    fn begin(
        &self,
        hash: &str,
        archive: &Arc<dyn Archive>,
        cache: &Arc<VersionCache>,
        now: Instant,
    ) -> Result<Option<watch::Receiver<()>>, Full> {
        let mut loads = self.loads.lock();
        if let Some(load) = loads.get(hash) {
            return Ok(Some(load.clone()));
        }
        if cache.get(hash).is_some() {
            return Ok(None);
        }
        if loads.len() >= LOADS {
            return Err(Full);
        }
        let (runs, ended) = watch::channel(());
        loads.insert(hash.to_owned(), ended.clone());
        drop(loads);
        let load = Load { hash: hash.to_owned(), loads: Arc::clone(&self.loads), _runs: runs };
        let (archive, cache, missing) = (Arc::clone(archive), Arc::clone(cache), Arc::clone(&self.missing));
        tokio::task::spawn_blocking(move || match archive.load(&load.hash) {
            Ok(version) => drop(cache.put(version, now)),
            Err(Absent::Lost) => remember(&missing, load.hash.clone(), now),
            Err(Absent::Busy) => {}
        });
        Ok(Some(ended))
    }
}

/// Too many versions are being loaded.
struct Full;

/// A load that goes on, whoever waits for it. Dropped, it is over, also when it panicked.
struct Load {
    hash: String,
    loads: Arc<Mutex<HashMap<String, watch::Receiver<()>>>>,
    _runs: watch::Sender<()>,
}

impl Drop for Load {
    fn drop(&mut self) {
        self.loads.lock().remove(&self.hash);
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
