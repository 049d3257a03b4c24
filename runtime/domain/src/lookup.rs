//! What a policy wants to know from another system. The policy stays a function of its input: it says what it wants, the host
//! asks, and what came back is a fact of the next question.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One question to another system.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Lookup {
    /// As the unit's `plugin.toml` names it.
    pub name: String,
    /// What is looked up there: a token, a plate. At most 200 bytes.
    pub key: String,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LookupAnswer {
    /// A JSON object; the unit's `plugin.toml` says which of its members are wanted, and of which kind.
    Row(Value),
    /// There is no such thing: the other system said so.
    Nothing,
    /// Nobody knows: it is not bound, it did not answer in time, or what it answered is of no use. For the operator.
    Unavailable(String),
}

/// An answer that a question brings along.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Known {
    #[serde(flatten)]
    pub lookup: Lookup,
    pub heard: LookupAnswer,
    /// When it was heard, where nobody could say it anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<Timestamp>,
}

impl Lookup {
    pub const MAX_KEY: usize = 200;
}

/// How a lookup stands that is bound to an address. Counted from the start. Each question that has ended is one of `rows`, `nothing` and `unavailable`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LookupStats {
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
