//! What may lie here, and how long somebody may take.

use std::time::Duration;

use jiff::SignedDuration;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Bytes of one firmware file. Beyond: it is refused.
    pub firmware_file: u64,
    /// Bytes of all firmware. Beyond: the next is refused until another is deleted.
    pub firmware_all: u64,
    /// Bytes of one log. Beyond: it is refused.
    pub log_file: u64,
    /// Bytes of all logs. Beyond: the oldest go.
    pub logs_all: u64,
    /// Older logs go.
    pub logs_kept: SignedDuration,
    /// A log may be brought so long after its request could last be sent.
    pub log_awaited: SignedDuration,
    /// Open connections of stations. Beyond: the next one waits unaccepted until one closes.
    pub connections: usize,
    /// A connection on which nothing moves for so long is closed.
    pub patience: Duration,
    /// One request, or one answer, takes no longer.
    pub transfer: Duration,
}

impl Settings {
    /// Firmware files. Beyond: the next is refused.
    pub const FIRMWARE_MAX: usize = 1_000;
    /// Logs. Beyond: the oldest go.
    pub const LOGS_MAX: usize = 10_000;
    /// Uploads at the same time, of stations and of the operator's each: so many unfinished files lie beside the others.
    /// Beyond: 503.
    pub const UPLOADS_AT_ONCE: usize = 16;
    /// Of them for the same log: a station may begin anew before we know that its connection is gone.
    pub const TRIES_AT_ONCE: usize = 3;
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            firmware_file: 256 << 20,
            firmware_all: 2048 << 20,
            log_file: 64 << 20,
            logs_all: 2048 << 20,
            logs_kept: SignedDuration::from_hours(30 * 24),
            log_awaited: SignedDuration::from_hours(24),
            connections: 256,
            patience: Duration::from_secs(60),
            transfer: Duration::from_secs(4 * 3_600),
        }
    }
}
