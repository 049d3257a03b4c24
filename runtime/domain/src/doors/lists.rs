//! How lists are asked for, and what stands in them that has no other home.

use jiff::Timestamp;

use crate::StationId;
use crate::decision::{Decision, Hook};
use crate::effect::MessageKey;
use crate::reading::Reading;
use crate::session::SessionState;
use crate::signed::SignedValue;

/// A page of a list: what `next` of the page before said, and how many at most.
#[derive(Debug, Clone)]
pub struct Page {
    pub after: Option<String>,
    pub limit: usize,
}

#[derive(Debug, Clone)]
pub struct Listed<T> {
    pub items: Vec<T>,
    /// `None` on the last page.
    pub next: Option<String>,
}

/// All that are given must match.
#[derive(Debug, Clone, Default)]
pub struct SessionFilter {
    pub station: Option<StationId>,
    pub state: Option<SessionState>,
    pub transaction: Option<String>,
    pub token: Option<String>,
    pub location: Option<String>,
    /// Sessions that began at this moment or later.
    pub from: Option<Timestamp>,
    /// Sessions that began before this moment.
    pub until: Option<Timestamp>,
    /// Only those that carry this mark.
    pub mark: Option<String>,
}

/// All that are given must match.
#[derive(Debug, Clone, Default)]
pub struct ExchangeFilter {
    pub station: Option<StationId>,
    /// Only those that are neither answered nor given up.
    pub is_open: bool,
}

/// All that are given must match.
#[derive(Debug, Clone, Default)]
pub struct DecisionSpan {
    /// Decisions of this moment or later.
    pub from: Option<Timestamp>,
    /// Decisions before this moment.
    pub until: Option<Timestamp>,
    pub hook: Option<Hook>,
    pub unit: Option<String>,
}

impl DecisionSpan {
    pub fn has(&self, decision: &Decision) -> bool {
        self.from.is_none_or(|from| decision.at >= from)
            && self.until.is_none_or(|until| decision.at < until)
            && self.hook.is_none_or(|hook| decision.hook == hook)
            && self.unit.as_ref().is_none_or(|unit| decision.unit == *unit)
    }
}

/// A row that could not be read, as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetAside {
    pub table: String,
    pub key: String,
    pub found_at: Timestamp,
    pub why: String,
    pub body: String,
}

#[derive(Debug, Clone)]
pub struct StoredReading {
    pub received_at: Timestamp,
    /// The message that brought it; `None` once its session is filed.
    pub message: Option<MessageKey>,
    pub reading: Reading,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSigned {
    pub received_at: Timestamp,
    /// There were others between the one before and this one, for which there was no room.
    pub is_behind_gap: bool,
    pub value: SignedValue,
}
