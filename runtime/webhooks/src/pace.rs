//! How long is waited for what.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

/// Every bound in time but an attempt's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pace {
    /// After the first failure. Each further one doubles it.
    pub first_retry: Duration,
    pub longest_retry: Duration,
    /// A receiver that asks for more time with `Retry-After` gets it up to here.
    pub longest_retry_after: Duration,
    /// After a 410. A restart tries at once.
    pub gone: Duration,
    /// The outbox is looked at so often when nobody wakes us.
    pub poll: Duration,
    /// For an attempt that is under way when we stop.
    pub grace: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            first_retry: Duration::from_secs(1),
            longest_retry: Duration::from_secs(300),
            longest_retry_after: Duration::from_secs(3600),
            gone: Duration::from_secs(3600),
            poll: Duration::from_secs(30),
            grace: Duration::from_secs(2),
        }
    }
}

impl Pace {
    /// One without which nothing would ever rest.
    pub(crate) fn zero(&self) -> Option<&'static str> {
        let all = [("first_retry", self.first_retry), ("longest_retry", self.longest_retry), ("poll", self.poll)];
        all.into_iter().find(|(_, time)| time.is_zero()).map(|(name, _)| name)
    }

    /// After so many failures in a row. Up to a quarter less, by the name and the place, so that hooks that failed together
    /// do not come back together.
    pub(crate) fn backoff(&self, name: &str, place: u64, failures: u32) -> Duration {
        let doublings = failures.saturating_sub(1).min(20);
        let full = self.first_retry.saturating_mul(1 << doublings).min(self.longest_retry);
        let mut hasher = DefaultHasher::new();
        (name, place, failures).hash(&mut hasher);
        let spread = u32::from(hasher.finish().to_be_bytes()[0]);
        full - full / 1024 * spread
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_cap_and_spread_below() {
        let pace = Pace::default();
        let mut full = 1_000;
        for failures in 1..=40 {
            for place in 0..50 {
                let wait = pace.backoff("crm", place, failures).as_millis();
                assert!(wait <= full && wait >= full * 3 / 4 - 1, "{failures}: {wait} of {full}");
            }
            full = (full * 2).min(300_000);
        }
    }

    #[test]
    fn the_spread_follows_from_name_and_place_alone() {
        let pace = Pace::default();
        assert_eq!(pace.backoff("crm", 7, 3), pace.backoff("crm", 7, 3));
        let distinct: std::collections::BTreeSet<_> = (0..50).map(|place| pace.backoff("crm", place, 3)).collect();
        assert!(distinct.len() > 25, "{}", distinct.len());
        assert_ne!(pace.backoff("crm", 7, 3), pace.backoff("erp", 7, 3));
    }
}
