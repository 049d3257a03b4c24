//! An attempt that did not deliver.

use std::time::Duration;

#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) cause: Cause,
    /// For people; nothing in it is secret.
    pub(crate) what: String,
    /// The receiver may have the event all the same.
    pub(crate) may_be_there: bool,
    /// How long the receiver wants to be left alone.
    pub(crate) retry_after: Option<Duration>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// There was no connection to send anything over.
    Unreachable,
    /// The connection was kept from an event before, and gone when it was used: the receiver's idle time was over, most of
    /// the time. The next attempt has a new one and need not wait.
    Stale,
    NoAnswer,
    Refused,
    /// 410
    Gone,
    /// It is ours: the outbox cannot be read or written.
    Outbox,
}

impl Cause {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Unreachable => "a webhook's receiver is not reached",
            Self::Stale => "a webhook's connection was gone when it was used again",
            Self::NoAnswer => "a webhook's receiver does not answer",
            Self::Refused => "a webhook's receiver does not take an event",
            Self::Gone => "a webhook's receiver wants no more events",
            Self::Outbox => "the outbox does not do what webhooks need",
        }
    }
}

impl Failure {
    pub(crate) fn unreachable(what: String) -> Self {
        Self { cause: Cause::Unreachable, what, may_be_there: false, retry_after: None }
    }

    pub(crate) fn no_answer(what: String) -> Self {
        Self { cause: Cause::NoAnswer, what, may_be_there: true, retry_after: None }
    }
}
