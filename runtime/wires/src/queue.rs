//! How long a wire has waited for others that are asked over the same line: that is nobody's fault, and takes nothing of a turn's time.

use std::time::{Duration, Instant};

use parking_lot::Mutex;

#[derive(Debug, Default)]
pub(crate) struct Queue(Mutex<Waited>);

#[derive(Debug, Default)]
struct Waited {
    before: Duration,
    since: Option<Instant>,
}

/// It waits until this is dropped.
pub(crate) struct Waiting<'q>(&'q Queue);

impl Queue {
    pub(crate) fn enter(&self) -> Waiting<'_> {
        self.0.lock().since = Some(Instant::now());
        Waiting(self)
    }

    /// All in all, until now.
    pub(crate) fn waited(&self) -> Duration {
        let waited = self.0.lock();
        waited.before + waited.since.map_or(Duration::ZERO, |since| since.elapsed())
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut waited = self.0.0.lock();
        if let Some(since) = waited.since.take() {
            waited.before += since.elapsed();
        }
    }
}
