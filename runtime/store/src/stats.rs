//! What the writer counts, for metrics, and whether it can write at all.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use parking_lot::Mutex;

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
    is_troubled: AtomicBool,
    trouble: Mutex<String>,
}

impl Counters {
    pub(crate) fn durable(&self, commits: usize) {
        if self.is_troubled.load(Ordering::Relaxed) {
            self.can_write();
        }
        self.transactions.fetch_add(1, Ordering::Relaxed);
        self.commits.fetch_add(commits as u64, Ordering::Relaxed);
    }

    pub(crate) fn refused(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    /// `why` is for the operator.
    pub(crate) fn cannot_write(&self, why: String) {
        *self.trouble.lock() = why;
        self.is_troubled.store(true, Ordering::Release);
    }

    pub(crate) fn can_write(&self) {
        self.is_troubled.store(false, Ordering::Release);
    }

    /// Why nothing can be written now.
    pub(crate) fn trouble(&self) -> Option<String> {
        self.is_troubled.load(Ordering::Acquire).then(|| self.trouble.lock().clone())
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
