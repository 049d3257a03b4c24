//! The door to the loaded units.

use serde_json::Value;

/// Implemented over the registry of hooks. Each value has the members that [`crate::document`] lists for `ExtensionView`.
pub trait Extensions: Send + Sync {
    /// All units, failed ones too, as the registry orders them.
    fn extensions(&self) -> Vec<Value>;

    fn extension(&self, id: &str) -> Option<Value>;
}
