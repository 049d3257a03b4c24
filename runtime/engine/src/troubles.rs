//! What fails in the same way for many stations at once, a full disk for instance: told at once, then counted.

use std::sync::atomic::{AtomicBool, Ordering};

use amprule_domain::StationId;
use amprule_domain::doors::StoreError;
use amprule_domain::recurring::Recurring;
use parking_lot::Mutex;
use tokio::time::Instant;

pub(crate) struct Troubles {
    began: Instant,
    is_any: AtomicBool,
    causes: Mutex<Recurring>,
}

impl Default for Troubles {
    fn default() -> Self {
        Self { began: Instant::now(), is_any: AtomicBool::new(false), causes: Mutex::default() }
    }
}

impl Troubles {
    /// `what` happened, to this station as to others before.
    pub(crate) fn tell(&self, what: &'static str, station: &StationId, error: &StoreError) {
        let times = self.causes.lock().came(what, 1, self.now_s());
        self.is_any.store(true, Ordering::Relaxed);
        match times {
            Some(times) => tracing::error!(%station, %error, times, "{what}"),
            None => tracing::debug!(%station, %error, "{what}"),
        }
    }

    /// What no store has to do with: told at once with the station whose it is, then counted.
    pub(crate) fn note(&self, what: &'static str, station: &StationId, why: &str) {
        let times = self.causes.lock().came(what, 1, self.now_s());
        self.is_any.store(true, Ordering::Relaxed);
        match times {
            Some(times) => tracing::warn!(%station, times, "{what}: {why}"),
            None => tracing::debug!(%station, "{what}: {why}"),
        }
    }

    /// Says of each trouble that is over that it is. Cheap while there is none.
    pub(crate) fn tell_what_is_over(&self) {
        if !self.is_any.load(Ordering::Relaxed) {
            return;
        }
        let mut causes = self.causes.lock();
        for over in causes.over(self.now_s()) {
            tracing::info!(times = over.times, "not any more for a minute: {}", over.cause);
        }
        self.is_any.store(!causes.is_empty(), Ordering::Relaxed);
    }

    fn now_s(&self) -> u64 {
        self.began.elapsed().as_secs()
    }
}
