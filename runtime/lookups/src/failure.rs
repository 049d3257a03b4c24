//! A question that brought no answer.

use std::time::Duration;

#[derive(Debug)]
pub(crate) struct Failure {
    /// For the operator: what happened and what to do. Neither a secret nor the key is in it.
    pub(crate) what: String,
    pub(crate) health: Health,
    /// How long the other side wants to be left alone.
    pub(crate) rest: Option<Duration>,
}

/// What a failure says of the other side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Health {
    /// It is there; this question is not to its liking.
    Well,
    Ill,
    /// Nothing: it was not asked.
    Unasked,
}

impl Failure {
    pub(crate) fn ill(what: impl Into<String>) -> Self {
        Self { what: what.into(), health: Health::Ill, rest: None }
    }

    /// Of one key: it says nothing of the system.
    pub(crate) fn odd(what: impl Into<String>) -> Self {
        Self { what: what.into(), health: Health::Well, rest: None }
    }

    pub(crate) fn unasked(what: impl Into<String>) -> Self {
        Self { what: what.into(), health: Health::Unasked, rest: None }
    }

    pub(crate) fn well(what: impl Into<String>) -> Self {
        Self { what: what.into(), health: Health::Well, rest: None }
    }
}
