//! What the writer counts, for metrics.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts since the start, and the present length of the queue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// Commits that wait for the writer.
    pub queued: usize,
    /// Commits that became durable.
    pub commits: u64,
    /// Transactions that held them.
    pub transactions: u64,
    /// Commits that were refused.
    pub refused: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    commits: AtomicU64,
    transactions: AtomicU64,
    refused: AtomicU64,
}

impl Counters {
    pub(crate) fn durable(&self, commits: usize) {
        self.transactions.fetch_add(1, Ordering::Relaxed);
        self.commits.fetch_add(commits as u64, Ordering::Relaxed);
    }

    pub(crate) fn refused(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn read(&self, queued: usize) -> Stats {
        Stats {
            queued,
            commits: self.commits.load(Ordering::Relaxed),
            transactions: self.transactions.load(Ordering::Relaxed),
            refused: self.refused.load(Ordering::Relaxed),
        }
    }
}
