//! A unit in a generation: its active version, and the one to go back to.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::version::Version;

/// By the unit's id.
pub(crate) type Entries = BTreeMap<String, Entry>;

#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) active: Arc<Version>,
    /// The last version before it that is not known to fail.
    pub(crate) previous: Option<Arc<Version>>,
    /// Where its files are, for people.
    pub(crate) path: String,
    /// The generation that made it active.
    pub(crate) since: u64,
}

impl Entry {
    /// What stays as the last known good when `next` becomes active.
    pub(crate) fn kept(&self, next: &Version) -> Option<Arc<Version>> {
        if self.active.hash == next.hash {
            // It is the same at another place.
            return self.previous.clone();
        }
        if self.active.code_hash == next.code_hash {
            // It has another table: the way back leads to other code, where there is any.
            let other_code = self.previous.as_ref().filter(|previous| previous.code_hash != next.code_hash);
            return Some(other_code.unwrap_or(&self.active)).cloned();
        }
        let good = self.active.manifest.hooks.iter().all(|hook| self.active.is_good(*hook));
        let kept = if good || self.previous.is_none() { Some(&self.active) } else { self.previous.as_ref() };
        kept.filter(|version| version.hash != next.hash).cloned()
    }
}
