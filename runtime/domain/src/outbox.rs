//! What others must hear: events that are committed together with what they tell of, in one order, and kept until each
//! subscriber has them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{CommandId, SessionId, StationId};

/// An event names what it is about. Its subscribers get that thing as it is in the books when they are told, and a bill by
/// its version, which never changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OutboxEvent {
    pub at: Timestamp,
    pub kind: OutboxKind,
    pub station: StationId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionId>,
    /// The bill's version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bill: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<CommandId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum OutboxKind {
    #[serde(rename = "session.started")]
    SessionStarted,
    #[serde(rename = "session.ended")]
    SessionEnded,
    /// A bill stands: the first one, or one that corrects another.
    #[serde(rename = "session.billed")]
    SessionBilled,
    #[serde(rename = "session.voided")]
    SessionVoided,
    #[serde(rename = "session.reviewed")]
    SessionReviewed,
    /// A command was answered, or will not be.
    #[serde(rename = "command.ended")]
    CommandEnded,
}

impl OutboxKind {
    pub const ALL: [Self; 6] = [
        Self::SessionStarted,
        Self::SessionEnded,
        Self::SessionBilled,
        Self::SessionVoided,
        Self::SessionReviewed,
        Self::CommandEnded,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SessionStarted => "session.started",
            Self::SessionEnded => "session.ended",
            Self::SessionBilled => "session.billed",
            Self::SessionVoided => "session.voided",
            Self::SessionReviewed => "session.reviewed",
            Self::CommandEnded => "command.ended",
        }
    }
}

/// An event with its place, which ascends in the order of commits. Places may have gaps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxRow {
    pub place: u64,
    pub event: OutboxEvent,
}

/// How far a subscriber has heard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Subscriber {
    pub name: String,
    /// It has every event up to this place.
    pub delivered: u64,
    /// It may have this one too: it was sent, and no answer was stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempted: Option<u64>,
    /// Events that went before it had them, because they were kept for too long.
    #[serde(default)]
    pub missed: u64,
}
