//! The door to the loaded units.

use amprule_domain::ports::BoxFuture;
use serde_json::Value;

/// Implemented over the registry of hooks. Each value has the members that [`crate::document`] lists for `ExtensionView`.
pub trait Extensions: Send + Sync {
    /// All units, failed ones too, as the registry orders them.
    fn extensions(&self) -> Vec<Value>;

    fn extension(&self, id: &str) -> Option<Value>;

    /// The candidate beside it, and how its answers compare.
    fn shadow(&self, id: &str) -> Result<Value, NoShadow>;

    /// Which of them are asked on which occasion. The members are those of `ChainsView`.
    fn chains(&self) -> Value;

    /// Follows an operator's order, or changes nothing.
    fn order<'a>(&'a self, id: &'a str, order: Order) -> BoxFuture<'a, Result<(), OrderRefused>>;
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoShadow {
    /// There is no such extension, and no candidate of its name.
    Unknown,
    NoCandidate,
    /// There are files, and this is why they are no candidate.
    Refused(String),
}

/// What an operator may say about an extension's versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Order {
    Activate {
        hash: String,
    },
    Rollback,
    Pin,
    Unpin,
    /// The version that the operator has looked at, and no other one that its files may be by now.
    Approve {
        hash: String,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrderRefused {
    /// There is no such extension, or it has no active version.
    Unknown,
    Impossible(String),
}
