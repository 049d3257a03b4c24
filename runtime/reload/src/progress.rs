//! What the reload's thread is at, for those who wait for it: a file system that hangs stops the thread, and nothing else.

use std::fmt;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

pub(crate) struct Progress {
    /// Longer than this nothing takes that comes to an end.
    timeout: Duration,
    at: Mutex<Option<(String, Instant)>>,
}

/// What the thread does not come back from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stuck {
    pub at: String,
    pub since: Duration,
}

impl Progress {
    pub(crate) fn new(timeout: Duration) -> Self {
        Self { timeout, at: Mutex::default() }
    }

    pub(crate) fn turns_to(&self, what: impl fmt::Display) {
        *self.at.lock() = Some((what.to_string(), Instant::now()));
    }

    pub(crate) fn rests(&self) {
        *self.at.lock() = None;
    }

    pub(crate) fn stuck(&self) -> Option<Stuck> {
        let at = self.at.lock();
        let (what, since) = at.as_ref().map(|(what, since)| (what, since.elapsed()))?;
        (since > self.timeout).then(|| Stuck { at: what.clone(), since })
    }
}

impl fmt::Display for Stuck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (at, seconds) = (&self.at, self.since.as_secs());
        write!(f, "the thread that takes in scripts and plugins has been at {at} for {seconds} s")
    }
}
