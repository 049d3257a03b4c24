//! A unit's lines for the operator's log: some at once, then a few a second, however many calls write them.

use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// Lines that may come at once.
const AT_ONCE: u32 = 200;
/// After each of these another line may come.
const EVERY: Duration = Duration::from_millis(100);

/// One unit's account.
pub struct LogRateLimit(Mutex<Account>);

struct Account {
    left: u32,
    /// Up to when lines have been granted.
    since: Instant,
    dropped: u64,
}

impl Default for LogRateLimit {
    fn default() -> Self {
        Self(Mutex::new(Account { left: AT_ONCE, since: Instant::now(), dropped: 0 }))
    }
}

impl LogRateLimit {
    /// May one more line be written? If so, how many were dropped before it.
    pub fn allows(&self) -> Option<u64> {
        self.0.lock().allows(Instant::now())
    }
}

impl Account {
    fn allows(&mut self, now: Instant) -> Option<u64> {
        let passed = now.saturating_duration_since(self.since).as_nanos() / EVERY.as_nanos();
        let granted = u32::try_from(passed).unwrap_or(u32::MAX);
        self.since = if granted >= AT_ONCE { now } else { self.since + EVERY * granted };
        self.left = self.left.saturating_add(granted).min(AT_ONCE);
        if self.left == 0 {
            self.dropped += 1;
            return None;
        }
        self.left -= 1;
        Some(std::mem::take(&mut self.dropped))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_ends_at_its_bound_and_what_was_dropped_is_counted() {
        let start = Instant::now();
        let mut account = Account { left: AT_ONCE, since: start, dropped: 0 };
        let written = (0..1_000).filter(|_| account.allows(start).is_some()).count();
        assert_eq!(written, AT_ONCE as usize);
        assert_eq!(account.allows(start + EVERY), Some(1_000 - u64::from(AT_ONCE)));
        assert_eq!(account.allows(start + EVERY), None);
        assert_eq!(account.allows(start + 5 * EVERY), Some(1));
    }
}
