//! How a binding stands, for people.

use jiff::Timestamp;
use serde::Serialize;

/// Counted from the start. Each question that has ended is one of `rows`, `nothing` and `unavailable`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Standing {
    pub unit: String,
    pub lookup: String,
    /// The address up to where the key or a query begins.
    pub from: String,
    /// By policies.
    pub asked: u64,
    pub rows: u64,
    pub nothing: u64,
    pub unavailable: u64,
    /// Those among them that nobody was asked for, since the answer still stood.
    pub from_cache: u64,
    /// And those that were more than may be asked or wait.
    pub turned_away: u64,
    /// What went to the other system.
    pub requests: u64,
    /// Of how many keys the last answer is known.
    pub known: usize,
    /// The other system is left alone until then, after failures.
    pub left_alone_until: Option<Timestamp>,
    /// When it last answered.
    pub heard_at: Option<Timestamp>,
    /// The last there was. It is over when `heard_at` is later.
    pub trouble: Option<Trouble>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Trouble {
    /// What happened, and what to do. Neither a secret nor a key is in it.
    pub what: String,
    pub at: Timestamp,
}
