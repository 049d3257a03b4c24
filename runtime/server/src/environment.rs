//! The real clock, real ids and the check of passwords: the only place where time and chance come from.

#![expect(clippy::disallowed_methods, reason = "this is where the real clock and real ids are")]

use std::path::Path;

use amprule_domain::ports::{Clock, Ids};
use amprule_domain::{CommandId, DecisionId, SessionId, SessionNo, Timestamp};
use anyhow::Result;
use uuid::Uuid;

use crate::numbers::Numbers;

pub(crate) struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

pub(crate) struct SystemIds {
    numbers: Numbers,
}

impl SystemIds {
    /// `booked` is the highest number in the database.
    pub(crate) fn open(data: &Path, booked: SessionNo) -> Result<Self> {
        Ok(Self { numbers: Numbers::open(data, booked)? })
    }
}

impl Ids for SystemIds {
    fn session(&self) -> SessionId {
        SessionId(Uuid::now_v7())
    }

    fn session_no(&self) -> SessionNo {
        self.numbers.next()
    }

    fn decision(&self) -> DecisionId {
        DecisionId(Uuid::now_v7())
    }

    fn command(&self) -> CommandId {
        CommandId(Uuid::now_v7())
    }
}
