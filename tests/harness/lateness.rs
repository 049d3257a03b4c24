//! How late answers come, as a state that many stations share.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// The latest answer since the last look, and how many there were.
#[derive(Debug, Default)]
pub struct Lateness {
    worst_us: AtomicU64,
    answers: AtomicU64,
}

impl Lateness {
    /// Times one message, from its sending to its answer.
    pub async fn of<F: Future>(&self, message: F) -> F::Output {
        let sent = Instant::now();
        let answer = message.await;
        let us = u64::try_from(sent.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.worst_us.fetch_max(us, Relaxed);
        self.answers.fetch_add(1, Relaxed);
        answer
    }

    /// Since the last look.
    pub fn answers(&self) -> u64 {
        self.answers.load(Relaxed)
    }

    /// The worst so far and the number of answers. Begins anew.
    pub fn take(&self) -> (Duration, u64) {
        (Duration::from_micros(self.worst_us.swap(0, Relaxed)), self.answers.swap(0, Relaxed))
    }
}
