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

/// Leave to make a call. What comes of it counts only as long as the breaker is as it was: a call that began before it opened
/// does not close it, and one that was given up does not open it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permit(u64);

struct Inner {
    state: BreakerState,
    /// How often the state has changed, or another try was let through.
    turn: u64,
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
        Self(Mutex::new(Inner {
            state: BreakerState::Closed,
            turn: 0,
            since: now,
            in_a_row: 0,
            window: [bucket; BUCKETS],
        }))
    }

    /// May a call be made? When it may, [`Breaker::good`] or [`Breaker::fault`] should follow.
    pub fn allows(&self, now: Instant) -> Option<Permit> {
        let mut inner = self.0.lock();
        if inner.state != BreakerState::Closed {
            if now.saturating_duration_since(inner.since) < OPEN {
                return None;
            }
            inner.turn_to(BreakerState::HalfOpen, now);
        }
        Some(Permit(inner.turn))
    }

    /// True when this call closed it.
    pub fn good(&self, pass: Permit, now: Instant) -> bool {
        let mut inner = self.0.lock();
        if pass != Permit(inner.turn) {
            return false;
        }
        let closes = inner.state != BreakerState::Closed;
        if closes {
            inner.close(now);
        }
        inner.in_a_row = 0;
        inner.bucket(now).calls += 1;
        closes
    }

    /// True when this fault opened it.
    pub fn fault(&self, pass: Permit, now: Instant) -> bool {
        let mut inner = self.0.lock();
        if pass != Permit(inner.turn) {
            return false;
        }
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
            inner.turn_to(BreakerState::Open, now);
        }
        opens
    }

    pub fn state(&self) -> BreakerState {
        self.0.lock().state
    }
}

impl Inner {
    fn turn_to(&mut self, state: BreakerState, now: Instant) {
        (self.state, self.since) = (state, now);
        self.turn += 1;
    }

    fn close(&mut self, now: Instant) {
        self.turn_to(BreakerState::Closed, now);
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

    /// Calls one after the other, each with the pass of its own beginning. How many of them opened it.
    fn faults(breaker: &Breaker, count: usize, now: Instant) -> usize {
        (0..count).filter(|_| breaker.allows(now).is_some_and(|pass| breaker.fault(pass, now))).count()
    }

    #[test]
    fn five_faults_in_a_row_open_it_and_one_good_try_closes_it() {
        let start = Instant::now();
        let breaker = Breaker::new(start);
        assert_eq!((faults(&breaker, 4, start), faults(&breaker, 1, start)), (0, 1));
        assert_eq!(breaker.allows(after(start, 29)), None);
        let pass = breaker.allows(after(start, 30)).unwrap();
        assert_eq!(breaker.allows(after(start, 30)), None, "one try at a time");
        assert!(breaker.good(pass, after(start, 31)));
        assert!(breaker.allows(after(start, 31)).is_some());
    }

    #[test]
    fn a_failed_try_keeps_it_open_for_another_while() {
        let start = Instant::now();
        let breaker = Breaker::new(start);
        faults(&breaker, 5, start);
        assert_eq!(faults(&breaker, 1, after(start, 30)), 1);
        assert_eq!(breaker.allows(after(start, 59)), None);
        assert!(breaker.allows(after(start, 60)).is_some());
    }

    #[test]
    fn what_began_before_the_breaker_changed_says_nothing_of_it() {
        let start = Instant::now();
        let breaker = Breaker::new(start);
        let before = breaker.allows(start).unwrap();
        faults(&breaker, 5, start);
        assert!(!breaker.good(before, start));
        assert_eq!(breaker.state(), BreakerState::Open);
        let given_up = breaker.allows(after(start, 30)).unwrap();
        let tried = breaker.allows(after(start, 60)).unwrap();
        assert!(!breaker.fault(given_up, after(start, 60)));
        assert!(breaker.good(tried, after(start, 60)));
        assert!(!breaker.fault(before, after(start, 61)));
        assert_eq!(breaker.state(), BreakerState::Closed);
    }

    #[test]
    fn a_fifth_of_twenty_calls_within_the_window_opens_it() {
        // (seconds between calls, opens)
        for (gap, opens) in [(1, true), (10, false)] {
            let start = Instant::now();
            let breaker = Breaker::new(start);
            let mut opened = 0;
            for call in 0..40_u64 {
                let now = after(start, call * gap);
                if call % 4 == 3 {
                    opened += faults(&breaker, 1, now);
                } else if let Some(pass) = breaker.allows(now) {
                    breaker.good(pass, now);
                }
            }
            assert_eq!(opened > 0, opens, "a call every {gap} s");
        }
    }
}
