//! The bounds that an operator may choose.

use std::sync::Arc;
use std::time::Duration;

use amprule_domain::ports::Clock;

use crate::limits;

#[derive(Clone, Default)]
pub struct StoreSettings {
    pub kept: KeptBounds,
    pub decisions: DecisionSettings,
    pub readings: ReadingSettings,
}

/// What is kept of one station for each reason. At a bound the oldest of the same reason go when a new one comes.
#[derive(Debug, Clone, Copy)]
pub struct KeptBounds {
    pub messages: u32,
    /// Of payloads. A larger message is kept alone.
    pub bytes: u64,
}

/// How long decisions are kept, and where.
#[derive(Clone)]
pub struct DecisionSettings {
    /// Decisions in the database. What is beyond is filed into segments, `segment_rows` at a time.
    pub hot_rows: u32,
    /// Decisions of one segment at most.
    pub segment_rows: u32,
    /// Older decisions go: a segment when all of it is older.
    pub keep_for: Duration,
    /// Bytes of all segments. At it the oldest segment goes.
    pub keep_bytes: u64,
    /// Tells what is too old. `None`: nothing is.
    pub clock: Option<Arc<dyn Clock>>,
}

/// How long readings are kept, and where.
#[derive(Clone)]
pub struct ReadingSettings {
    /// Ended sessions whose rows and readings stay as they were written. Those that ended before are filed.
    pub hot_sessions: u32,
    /// Readings that were received earlier go, with all of their session that were filed with them.
    pub keep_for: Duration,
    /// Tells what is too old. `None`: nothing is.
    pub clock: Option<Arc<dyn Clock>>,
}

impl Default for ReadingSettings {
    fn default() -> Self {
        Self { hot_sessions: 20_000, keep_for: Duration::from_secs(400 * 24 * 3600), clock: None }
    }
}

impl Default for KeptBounds {
    fn default() -> Self {
        Self { messages: limits::KEPT_PER_REASON, bytes: limits::KEPT_BYTES_PER_REASON }
    }
}

impl Default for DecisionSettings {
    fn default() -> Self {
        Self {
            hot_rows: 20_000,
            segment_rows: 2_000,
            keep_for: Duration::from_secs(400 * 24 * 3600),
            keep_bytes: 2 << 30,
            clock: None,
        }
    }
}
