//! When a place that was not reached is tried again: at a growing distance.

use std::time::{Duration, Instant};

use crate::fault::WireFault;

/// Between the first two tries.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(crate) struct Backoff {
    longest: Duration,
    /// In a row, since it was reached last.
    failures: u32,
    not_before: Option<Instant>,
}

impl Backoff {
    pub(crate) const fn new(longest: Duration) -> Self {
        Self { longest, failures: 0, not_before: None }
    }

    /// Before each try; `to` is what the place is called. Also a try that is given up half way counts as one.
    pub(crate) fn begin(&mut self, to: &str) -> Result<(), WireFault> {
        let now = Instant::now();
        let next = self.not_before.map(|not_before| not_before.saturating_duration_since(now));
        if let Some(next) = next.filter(|next| !next.is_zero()) {
            return Err(WireFault::Waits { to: to.to_owned(), next });
        }
        let pause = FIRST_PAUSE.saturating_mul(1 << self.failures.min(6)).min(self.longest);
        (self.failures, self.not_before) = (self.failures.saturating_add(1), Some(now + pause));
        Ok(())
    }

    pub(crate) fn reached(&mut self) {
        (self.failures, self.not_before) = (0, None);
    }
}
