//! What a restart goes on with: the versions that were active, where the files of now cannot be.

use std::path::Path;
use std::sync::Arc;

use amprule_hooks::{Change, Trouble, Version};

use crate::findings::Findings;
use crate::loader::Loader;

impl Loader {
    /// A unit whose files are broken now, or are still in the making, goes on with the version that it had when the server
    /// stopped.
    pub(crate) fn resume(&mut self, findings: &mut Findings) {
        let broken = findings.troubles.iter().filter(|(_, trouble)| !trouble.candidate);
        let broken = broken.map(|(path, trouble)| (path.clone(), self.version_in_place_of(path, trouble)));
        let making = self.making.keys().filter(|path| !self.is_candidate(path));
        let before = |path: &Path| self.vouched_for(&self.version_of_before(path)?);
        let making = making.map(|path| (path.clone(), before(path)));
        for (path, version) in broken.chain(making).collect::<Vec<_>>() {
            if let Some(version) = version {
                if let Some(known) = self.known.get_mut(&path) {
                    known.active = Some((version.id().to_owned(), version.hash.clone()));
                }
                findings.changes.push(Change::Activate { version, path: path.display().to_string() });
            }
        }
    }

    /// What was active at a place whose new files the compilers still have.
    pub(crate) fn version_of_before(&self, path: &Path) -> Option<String> {
        let making = self.making.get(path)?;
        let place = self.active.get(&path.display().to_string())?;
        let mut versions = [Some(&place.hash), place.previous.as_ref()].into_iter().flatten();
        let is_fit = |hash: &&String| **hash != making.source.hash && self.registry.quarantined(hash).is_none();
        versions.find(is_fit).cloned()
    }

    /// What goes on although the files cannot: what an operator holds, what was active, what was active before.
    fn version_in_place_of(&self, path: &Path, trouble: &Trouble) -> Option<Arc<Version>> {
        if self.known.get(path).is_some_and(|known| known.doubled) {
            return None;
        }
        let held = self.active.held(&trouble.id);
        let is_unbuilt = trouble.diagnostics.iter().any(|diagnostic| diagnostic.code == "waiting");
        let place = self.active.get(&path.display().to_string()).filter(|_| !is_unbuilt || held.is_some());
        let before = place.into_iter().flat_map(|place| [Some(&place.hash), place.previous.as_ref()]).flatten();
        self.first_usable(held.into_iter().chain(before).cloned(), held.map(|_| trouble.id.as_str()))
    }

    /// The first that is not quarantined, that somebody answers for, and that the archive still has.
    pub(crate) fn first_usable(&self, hashes: impl Iterator<Item = String>, id: Option<&str>) -> Option<Arc<Version>> {
        let mut usable = hashes.filter(|hash| self.registry.quarantined(hash).is_none());
        usable.find_map(|hash| self.vouched_for(&hash).filter(|version| id.is_none_or(|id| version.id() == id)))
    }

    /// From the archive, if somebody still answers for it.
    fn vouched_for(&self, hash: &str) -> Option<Arc<Version>> {
        let source = self.archive.source(hash).filter(|source| self.gate.vouch(source).is_ok())?;
        let version = self.archive.load_until(hash, self.start_until)?;
        version.signed_by(self.gate.signer(&source));
        Some(version)
    }

    /// Versions have the standing that they had when the server stopped, and the ones before them are there to go back
    /// to, if somebody still answers for them.
    pub(crate) fn with_history(&self, findings: Findings) -> Findings {
        let mut changes = Vec::with_capacity(findings.changes.len());
        for change in findings.changes {
            if let Change::Activate { version, path } = &change
                && let Some(place) = self.active.get(path).filter(|place| place.hash == version.hash)
            {
                let usable = place.previous.as_ref().filter(|hash| self.registry.quarantined(hash).is_none());
                let previous = usable.and_then(|hash| self.vouched_for(hash));
                if let Some(previous) = previous.filter(|previous| previous.id() == version.id()) {
                    changes.push(Change::Activate { version: previous, path: path.clone() });
                }
                if place.stable {
                    version.trust();
                }
            }
            changes.push(change);
        }
        Findings { changes, ..findings }
    }
}
