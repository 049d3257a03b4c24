//! What the registry asks of the archive.

use std::sync::Arc;

use crate::stage::VersionView;
use crate::version::Version;

/// Where versions that are not in memory come from. Loading compiles and may take seconds.
pub trait Archive: Send + Sync {
    fn load(&self, hash: &str) -> Option<Arc<Version>>;

    /// What is kept of a unit, newest first.
    fn list(&self, unit: &str) -> Vec<VersionView> {
        let _ = unit;
        Vec::new()
    }
}
