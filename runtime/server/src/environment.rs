//! The real clock, real ids and the check of passwords: the only place where time and chance come from.

#![expect(clippy::disallowed_methods, reason = "this is where the real clock and real ids are")]

use std::sync::atomic::{AtomicI64, Ordering};

use amprule_domain::ports::{Clock, Ids};
use amprule_domain::{DecisionId, SessionId, SessionNo, Timestamp};
use uuid::Uuid;

pub(crate) struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

pub(crate) struct SystemIds {
    last_session: AtomicI64,
}

impl SystemIds {
    /// `last` is the highest number on disk. Numbers handed out and never committed were never told to anyone.
    pub(crate) fn after(last: SessionNo) -> Self {
        Self { last_session: AtomicI64::new(last.0) }
    }
}

impl Ids for SystemIds {
    fn session(&self) -> SessionId {
        SessionId(Uuid::now_v7())
    }

    fn session_no(&self) -> SessionNo {
        SessionNo(self.last_session.fetch_add(1, Ordering::Relaxed) + 1)
    }

    fn decision(&self) -> DecisionId {
        DecisionId(Uuid::now_v7())
    }
}
