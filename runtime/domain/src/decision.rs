//! The decision log: one record per answer of a hook.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

use crate::{DecisionId, SessionId, StationId};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Decision {
    pub id: DecisionId,
    pub at: Timestamp,
    pub hook: Hook,
    pub station: StationId,
    pub session: Option<SessionId>,
    /// Whose power was shared out; the station is the first that was asked about then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    pub unit: String,
    pub version: String,
    pub hash: String,
    /// The registry's generation that answered.
    pub generation: u64,
    pub input: Json,
    pub output: Option<Json>,
    pub fault: Option<Fault>,
    /// What stood in when the unit failed: `last-known-good`, `static-tariff`, `unpriced`, `left-out`, `hours-estimated`, `reject`,
    /// `no-opinion`.
    pub fallback: Option<String>,
    /// WASM fuel or Rhai operations.
    pub fuel: u64,
    pub duration_us: u64,
    /// The decision whose answer this one took over: a policy that would have said the same again was not asked. Absent in
    /// older decisions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub same_as: Option<DecisionId>,
}

/// JSON as it was written. It is not parsed before somebody reads it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Json(Box<RawValue>);

impl Json {
    /// `None`: it cannot be written as JSON.
    pub fn of(value: &impl Serialize) -> Option<Self> {
        to_raw_value(value).ok().map(Self)
    }

    pub fn text(&self) -> &str {
        self.0.get()
    }

    /// # Errors
    /// It is something else.
    pub fn read<'a, T: Deserialize<'a>>(&'a self) -> serde_json::Result<T> {
        serde_json::from_str(self.text())
    }

    pub fn value(&self) -> Value {
        self.read().unwrap_or_default()
    }
}

impl PartialEq for Json {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

impl Eq for Json {}

impl From<Value> for Json {
    fn from(value: Value) -> Self {
        Self::of(&value).expect("a value is JSON")
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Hook {
    Pricing,
    Authorization,
    Modifier,
    Load,
    Dialect,
}

impl Hook {
    pub const ALL: [Self; 5] = [Self::Pricing, Self::Authorization, Self::Modifier, Self::Load, Self::Dialect];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pricing => "pricing",
            Self::Authorization => "authorization",
            Self::Modifier => "modifier",
            Self::Load => "load",
            Self::Dialect => "dialect",
        }
    }

    /// Whom it is asked of stands in the selection and in chains. Others are asked where somebody names them, or for their models.
    pub const fn is_selected(self) -> bool {
        matches!(self, Self::Pricing | Self::Authorization | Self::Modifier)
    }

    /// What is asked.
    pub const fn question(self) -> &'static str {
        match self {
            Self::Pricing => "What does this session cost?",
            Self::Authorization => "May this token charge?",
            Self::Modifier => "What comes on top of a session's price, or off it?",
            Self::Load => "Who gets how much of a site's power?",
            Self::Dialect => "What did this station mean, and what can it bear to hear?",
        }
    }

    /// What follows where the configuration names a unit for it that is not there.
    pub const fn without(self) -> &'static str {
        match self {
            Self::Pricing => "sessions that begin here are priced by a fallback or not at all, and marked needs-review",
            Self::Authorization => "every token is rejected here",
            Self::Modifier => "it is left out of bills here, and their sessions are marked needs-review",
            Self::Load => "each session there has what is safe",
            Self::Dialect => "messages stay as they are",
        }
    }
}

/// Why a unit's answer could not be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{class}{}: {message}", in_brackets(.code))]
#[serde(rename_all = "camelCase")]
pub struct Fault {
    pub class: FaultClass,
    /// A diagnostic's, where the host can say what to do: `AR0103`. Absent in older decisions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    pub message: String,
    /// For the author. Not recorded: the message says it too.
    #[serde(skip)]
    pub place: Option<Box<FaultPlace>>,
}

/// Where in a unit's files a fault showed, and what is likely meant.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FaultPlace {
    pub file: String,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    pub hint: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultClass {
    /// The unit itself said that it cannot answer.
    GuestError,
    /// The unit said that what it needs is not there: a row of a table, a fact.
    Missing,
    /// The unit said that this is not for it to answer.
    NotApplicable,
    Trap,
    /// The budget of instructions or operations is used up.
    Fuel,
    /// The wall clock's budget is used up.
    Wall,
    Memory,
    InvalidOutput,
    HostIo,
    BreakerOpen,
    NotLoaded,
}

impl FaultClass {
    pub const ALL: [Self; 11] = [
        Self::GuestError,
        Self::Missing,
        Self::NotApplicable,
        Self::Trap,
        Self::Fuel,
        Self::Wall,
        Self::Memory,
        Self::InvalidOutput,
        Self::HostIo,
        Self::BreakerOpen,
        Self::NotLoaded,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::GuestError => "guest-error",
            Self::Missing => "missing",
            Self::NotApplicable => "not-applicable",
            Self::Trap => "trap",
            Self::Fuel => "fuel",
            Self::Wall => "wall",
            Self::Memory => "memory",
            Self::InvalidOutput => "invalid-output",
            Self::HostIo => "host-io",
            Self::BreakerOpen => "breaker-open",
            Self::NotLoaded => "not-loaded",
        }
    }
}

impl std::fmt::Display for FaultClass {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Fault {
    pub fn new(class: FaultClass, message: impl Into<String>) -> Self {
        Self { class, code: None, message: message.into(), place: None }
    }

    #[must_use]
    pub fn at(self, place: Option<FaultPlace>) -> Self {
        Self { place: place.map(Box::new), ..self }
    }

    #[must_use]
    pub fn with_code(self, code: &str) -> Self {
        Self { code: Some(code.to_owned()), ..self }
    }
}

fn in_brackets(code: &Option<String>) -> String {
    code.as_ref().map_or_else(String::new, |code| format!("[{code}]"))
}
