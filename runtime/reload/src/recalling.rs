//! Versions that have been active before, for the loader: from memory, else from the archive.

use std::sync::Arc;
use std::time::{Duration, Instant};

use amprule_hooks::{Absent, Version};

use crate::loader::Loader;

/// A start that is over its time waits this long for each version that it can do without for a while.
const MOMENT: Duration = Duration::from_millis(500);

/// How a version is had: see [`Loader::archived`] and [`Loader::archived_soon`].
pub(crate) type Recall = fn(&Loader, &str) -> Result<Arc<Version>, Absent>;

impl Loader {
    /// Waits as long as the compilers have patience: nothing else can take the version's place.
    pub(crate) fn archived(&self, hash: &str) -> Result<Arc<Version>, Absent> {
        self.recall(hash, None)
    }

    /// At a start, not longer than the start may take.
    pub(crate) fn archived_soon(&self, hash: &str) -> Result<Arc<Version>, Absent> {
        self.recall(hash, self.start_until.map(|until| until.max(Instant::now() + MOMENT)))
    }

    /// Only a version that somebody still answers for.
    pub(crate) fn vouched_for(&self, hash: &str, recall: Recall) -> Option<Arc<Version>> {
        let source = self.archive.source(hash).filter(|source| self.gate.vouch(source).is_ok())?;
        let version =
            recall(self, hash).ok().filter(|version| self.registry.kept_out(hash, &version.code_hash).is_none())?;
        version.signed_by(self.gate.signer(&source));
        Some(version)
    }

    fn recall(&self, hash: &str, until: Option<Instant>) -> Result<Arc<Version>, Absent> {
        match self.registry.loaded(hash) {
            Some(version) => Ok(version),
            None => self.archive.load_until(hash, until, false),
        }
    }
}
