//! Texts that are no frame, and why.

use crate::limits::{MAX_DEPTH, MAX_ID};

/// A text that is no frame, and as much of it as could be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{fault}")]
pub struct Malformed {
    pub fault: FrameFault,
    /// The message type number, when that much could be read.
    pub kind: Option<u64>,
    /// The message id, when that much could be read. A call of ours with this id has its answer with it, although a bad one.
    pub id: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FrameFault {
    #[error("the message is not JSON")]
    NotJson,
    #[error("the message is not an array")]
    NotAnArray,
    #[error("the message type number is not one of this protocol")]
    UnknownKind,
    #[error("the message id is not text")]
    IdNotText,
    #[error("the message id is longer than {MAX_ID} characters")]
    IdTooLong,
    #[error("the message has not enough members")]
    MembersMissing,
    #[error("the message has too many members")]
    MembersLeft,
    #[error("the action is not text")]
    ActionNotText,
    #[error("the payload is not an object")]
    PayloadNotObject,
    #[error("the payload nests deeper than {MAX_DEPTH} levels")]
    TooDeep,
}
