//! A rate limit: lets one through per interval.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

pub(crate) struct Throttle {
    began: Instant,
    /// Milliseconds since `began` of the last one that passed; 0 for never.
    last: AtomicU64,
}

impl Throttle {
    const EVERY: Duration = Duration::from_secs(1);

    pub(crate) fn new(began: Instant) -> Self {
        Self { began, last: AtomicU64::new(0) }
    }

    pub(crate) fn passes(&self, now: Instant) -> bool {
        let elapsed = millis(now.saturating_duration_since(self.began)).max(1);
        let last = self.last.load(Relaxed);
        let due = last == 0 || elapsed.saturating_sub(last) >= millis(Self::EVERY);
        due && self.last.compare_exchange(last, elapsed, Relaxed, Relaxed).is_ok()
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
