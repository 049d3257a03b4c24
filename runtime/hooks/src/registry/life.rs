//! All versions of a unit that this process knows of, each at its stage.

use std::collections::HashSet;

use super::Registry;
use crate::stage::{Stage, VersionView};
use crate::version::Version;

impl Registry {
    /// Each hash once, as the furthest that it got.
    pub(super) fn versions(&self, active: &Version) -> Vec<VersionView> {
        let id = active.id();
        let mut versions = vec![VersionView::of(active, Stage::of_active(active))];
        versions.extend(self.coming(id));
        let quarantined = self.quarantine.of_unit(id);
        versions.extend(quarantined.into_iter().map(|(hash, entry)| VersionView {
            version: entry.version,
            hash,
            stage: Stage::Quarantined,
            since: entry.at,
            reason: Some(entry.reason),
        }));
        let in_memory = self.cache.of_unit(id);
        versions.extend(in_memory.iter().rev().map(|version| VersionView::of(version, Stage::Draining)));
        versions.extend(self.kept_back(id));
        let mut seen = HashSet::new();
        versions.retain(|version| seen.insert(version.hash.clone()));
        versions
    }

    /// What may become active, sooner or later.
    fn coming(&self, id: &str) -> Vec<VersionView> {
        let checking = self.checking.lock();
        let checking = checking.values().filter(|checking| checking.id == id).map(VersionView::in_the_making);
        let shadow = self.shadows.get(id).map(|shadow| VersionView::of(&shadow.version, Stage::Shadow));
        checking.chain(shadow).collect()
    }

    /// Where files of the unit were refused or wait.
    pub fn kept_back_at(&self, id: &str) -> Vec<String> {
        let troubles = self.troubles.lock();
        troubles.iter().filter(|(_, trouble)| trouble.id == id).map(|(path, _)| path.clone()).collect()
    }

    /// The files' versions that were refused or wait.
    fn kept_back(&self, id: &str) -> Vec<VersionView> {
        let troubles = self.troubles.lock();
        let readable = troubles.values().filter(|trouble| trouble.id == id && !trouble.hash.is_empty());
        readable.map(VersionView::kept_back).collect()
    }
}
