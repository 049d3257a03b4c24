//! What the outside may see of a station's connection, without asking its task.

use std::sync::atomic::{AtomicI64, Ordering};

use amprule_domain::Timestamp;
use parking_lot::Mutex;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionInfo {
    pub protocol: &'static str,
    pub since: Timestamp,
    pub last_heard: Timestamp,
}

#[derive(Debug, Default)]
pub(crate) struct ConnectionState {
    current: Mutex<Option<(&'static str, Timestamp)>>,
    last_heard_ms: AtomicI64,
}

impl ConnectionState {
    pub(crate) fn opened(&self, protocol: &'static str, at: Timestamp) {
        *self.current.lock() = Some((protocol, at));
        self.heard(at);
    }

    pub(crate) fn closed(&self) {
        *self.current.lock() = None;
    }

    pub(crate) fn heard(&self, at: Timestamp) {
        self.last_heard_ms.store(at.as_millisecond(), Ordering::Relaxed);
    }

    /// Also of a connection that is over; long ago where nobody remembers any.
    pub(crate) fn last_heard(&self) -> Timestamp {
        Timestamp::from_millisecond(self.last_heard_ms.load(Ordering::Relaxed)).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    pub(crate) fn get(&self) -> Option<ConnectionInfo> {
        let (protocol, since) = (*self.current.lock())?;
        let last_heard = Timestamp::from_millisecond(self.last_heard_ms.load(Ordering::Relaxed)).unwrap_or(since);
        Some(ConnectionInfo { protocol, since, last_heard })
    }
}
