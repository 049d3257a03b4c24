//! A breaker per version and hook: what fails again and again is not asked for a while.
//!
//! It never asks for the time; the caller says what time it is.

use std::time::{Duration, Instant};

use parking_lot::Mutex;
use serde::Serialize;

/// Opens at this many faults in a row …
const IN_A_ROW: u32 = 5;
/// … or when this share of at least [`AT_LEAST`] calls within [`WINDOW`] failed.
const SHARE_PERCENT: u32 = 20;
const AT_LEAST: u32 = 20;
const WINDOW: Duration = Duration::from_secs(30);
const BUCKETS: usize = 6;
const BUCKET: Duration = Duration::from_secs(5);
/// After this a single call may try again. A try that never reports gives way to another after the same time.
const OPEN: Duration = Duration::from_secs(30);

pub struct Breaker(Mutex<Inner>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum BreakerState {
    Closed,
    Open,
    HalfOpen,
}

struct Inner {
    state: BreakerState,
    /// When the state was entered, or the last try began.
    since: Instant,
    in_a_row: u32,
    window: [Bucket; BUCKETS],
}

#[derive(Clone, Copy)]
struct Bucket {
    began: Instant,
    calls: u32,
    faults: u32,
}

impl Breaker {
    pub fn new(now: Instant) -> Self {
        let bucket = Bucket { began: now, calls: 0, faults: 0 };
        Self(Mutex::new(Inner { state: BreakerState::Closed, since: now, in_a_row: 0, window: [bucket; BUCKETS] }))
    }

    /// May a call be made? When it may, [`Breaker::good`] or [`Breaker::fault`] should follow.
    pub fn allows(&self, now: Instant) -> bool {
        let mut inner = self.0.lock();
        if inner.state == BreakerState::Closed {
            return true;
        }
        let ripe = now.saturating_duration_since(inner.since) >= OPEN;
        if ripe {
            inner.state = BreakerState::HalfOpen;
            inner.since = now;
        }
        ripe
    }

    /// True when this call closed it.
    pub fn good(&self, now: Instant) -> bool {
        let mut inner = self.0.lock();
        let closes = inner.state != BreakerState::Closed;
        if closes {
            inner.close(now);
        }
        inner.in_a_row = 0;
        inner.bucket(now).calls += 1;
        closes
    }

    /// True when this fault opened it.
    pub fn fault(&self, now: Instant) -> bool {
        let mut inner = self.0.lock();
        inner.in_a_row += 1;
        let bucket = inner.bucket(now);
        bucket.calls += 1;
        bucket.faults += 1;
        let opens = match inner.state {
            BreakerState::Closed => inner.in_a_row >= IN_A_ROW || inner.too_many(now),
            BreakerState::HalfOpen => true,
            BreakerState::Open => false,
        };
        if opens {
            inner.state = BreakerState::Open;
            inner.since = now;
        }
        opens
    }

    pub fn state(&self) -> BreakerState {
        self.0.lock().state
    }
}

impl Inner {
    fn close(&mut self, now: Instant) {
        self.state = BreakerState::Closed;
        self.since = now;
        self.window.fill(Bucket { began: now, calls: 0, faults: 0 });
    }

    fn too_many(&self, now: Instant) -> bool {
        let recent = self.window.iter().filter(|bucket| now.saturating_duration_since(bucket.began) < WINDOW);
        let (calls, faults) =
            recent.fold((0, 0), |(calls, faults), bucket| (calls + bucket.calls, faults + bucket.faults));
        calls >= AT_LEAST && faults * 100 >= calls * SHARE_PERCENT
    }

    /// The newest bucket; the oldest makes room when it is full.
    fn bucket(&mut self, now: Instant) -> &mut Bucket {
        if now.saturating_duration_since(self.window[0].began) >= BUCKET {
            self.window.rotate_right(1);
            self.window[0] = Bucket { began: now, calls: 0, faults: 0 };
        }
        &mut self.window[0]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(start: Instant, seconds: u64) -> Instant {
        start + Duration::from_secs(seconds)
    }

    #[test]
    fn five_faults_in_a_row_open_it_and_one_good_try_closes_it() {
        let start = Instant::now();
        let breaker = Breaker::new(start);
        let opened: Vec<bool> = (0..5).map(|_| breaker.fault(start)).collect();
        assert_eq!(opened, [false, false, false, false, true]);
        assert!(!breaker.allows(after(start, 29)));
        assert!(breaker.allows(after(start, 30)));
        assert!(!breaker.allows(after(start, 30)), "one try at a time");
        breaker.good(after(start, 31));
        assert!(breaker.allows(after(start, 31)));
    }

    #[test]
    fn a_failed_try_keeps_it_open_for_another_while() {
        let start = Instant::now();
        let breaker = Breaker::new(start);
        (0..5).for_each(|_| {
            breaker.fault(start);
        });
        assert!(breaker.allows(after(start, 30)));
        assert!(breaker.fault(after(start, 30)));
        assert!(!breaker.allows(after(start, 59)));
        assert!(breaker.allows(after(start, 60)));
    }

    #[test]
    fn a_fifth_of_twenty_calls_within_the_window_opens_it() {
        // (seconds between calls, opens)
        for (gap, opens) in [(1, true), (10, false)] {
            let start = Instant::now();
            let breaker = Breaker::new(start);
            let mut opened = false;
            for call in 0..40_u64 {
                let now = after(start, call * gap);
                if call % 4 == 3 {
                    opened |= breaker.fault(now);
                } else {
                    breaker.good(now);
                }
            }
            assert_eq!(opened, opens, "a call every {gap} s");
        }
    }
}
