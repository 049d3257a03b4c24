//! What the registry asks of the archive.

use std::sync::Arc;

use crate::stage::VersionView;
use crate::version::Version;

/// Why a version cannot be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absent {
    /// It is not in the archive, or cannot be made of what is there.
    Lost,
    /// Nobody has finished it yet: the next question may find it.
    Busy,
}

/// Where versions that are not in memory come from. Loading compiles and may take seconds.
pub trait Archive: Send + Sync {
    fn load(&self, hash: &str) -> Result<Arc<Version>, Absent>;

    /// What is kept of a unit, newest first.
    fn list(&self, unit: &str) -> Vec<VersionView> {
        let _ = unit;
        Vec::new()
    }
}
