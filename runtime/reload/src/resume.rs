//! What a restart goes on with: the versions that were active, where the files of now cannot be.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use amprule_hooks::registry::{Checkpoint, Checkpoints};
use amprule_hooks::{Change, Trouble, Version};

use crate::findings::Findings;
use crate::loader::Loader;
use crate::pool::BUSY;
use crate::recalling::Recall;

impl Loader {
    /// A unit whose files turn out to be broken goes on with the version that it had when the server stopped.
    pub(crate) fn resume_broken(&mut self, findings: &mut Findings) {
        let is_idle = |path: &Path| self.known.get(path).is_none_or(|known| known.active.is_none());
        let broken = findings.troubles.iter().filter(|(path, trouble)| !trouble.candidate && is_idle(path));
        let broken = broken
            .filter_map(|(path, trouble)| Some((path.clone(), self.version_in_place_of(path, trouble, findings)?)));
        self.go_on_with(broken.collect(), findings);
    }

    /// So does a unit whose files are still in the making, until they are ready.
    pub(crate) fn resume_compiling(&mut self, findings: &mut Findings) {
        let compiling = self.compiling.keys().filter(|path| !self.is_candidate(path));
        let before = |path: &Path| self.vouched_for(&self.version_of_before(path)?, Self::archived_soon);
        let compiling = compiling.filter_map(|path| Some((path.clone(), before(path)?)));
        let compiling = compiling.filter(|(_, version)| !findings.activates(version.id()));
        self.go_on_with(compiling.collect(), findings);
    }

    fn go_on_with(&mut self, versions: Vec<(PathBuf, Arc<Version>)>, findings: &mut Findings) {
        for (path, version) in versions {
            if let Some(known) = self.known.get_mut(&path) {
                known.active = Some((version.id().to_owned(), version.hash.clone()));
            }
            findings.changes.push(Change::Activate { version, path: path.display().to_string() });
        }
    }

    /// What was active at a place whose new files the compilers still have.
    pub(crate) fn version_of_before(&self, path: &Path) -> Option<String> {
        let compiling = self.compiling.get(path)?;
        let place = self.active.get(&path.display().to_string())?;
        let mut versions = [Some(&place.hash), place.previous.as_ref()].into_iter().flatten();
        let is_fit = |hash: &&String| **hash != compiling.source.hash && self.registry.quarantined(hash).is_none();
        // What was here may have been another unit.
        let is_its = |hash: &&String| self.archive.unit_of(hash).is_some_and(|id| id == compiling.source.manifest.id);
        versions.find(|hash| is_fit(hash) && is_its(hash)).cloned()
    }

    /// What goes on although the files cannot: what an operator holds, what was active, what was active before.
    fn version_in_place_of(&self, path: &Path, trouble: &Trouble, findings: &Findings) -> Option<Arc<Version>> {
        if self.known.get(path).is_some_and(|known| known.doubled) || self.registry.active(&trouble.id).is_some() {
            return None;
        }
        let held = self.active.held(&trouble.id);
        let place = self.active.get(&path.display().to_string());
        let before = place.into_iter().flat_map(|place| [Some(&place.hash), place.previous.as_ref()]).flatten();
        let hashes = held.into_iter().chain(before).cloned();
        // Nobody has looked at the files to the end: the next look does.
        let is_unfinished = trouble.diagnostics.iter().any(|diagnostic| diagnostic.code == BUSY);
        let recall = if is_unfinished { Self::archived_soon } else { Self::archived };
        let version = self.first_usable(hashes, held.map(|_| trouble.id.as_str()), recall)?;
        let is_free = self.registry.active(version.id()).is_none() && !findings.activates(version.id());
        is_free.then_some(version)
    }

    /// The first that is not quarantined, that somebody answers for, and that the archive still has.
    pub(crate) fn first_usable(
        &self,
        hashes: impl Iterator<Item = String>,
        id: Option<&str>,
        recall: Recall,
    ) -> Option<Arc<Version>> {
        let mut usable = hashes.filter(|hash| self.registry.quarantined(hash).is_none());
        usable.find_map(|hash| self.vouched_for(&hash, recall).filter(|version| id.is_none_or(|id| version.id() == id)))
    }

    /// Versions that become active for the first time since the start have the standing that they had when the server
    /// stopped, and the ones before them are there to go back to, if somebody still answers for them.
    pub(crate) fn with_history(&self, changes: Vec<Change>) -> Vec<Change> {
        let mut with_history = Vec::with_capacity(changes.len());
        for change in changes {
            if let Change::Activate { version, path } = &change
                && let Some(place) = self.active.get(path).filter(|_| self.registry.active(version.id()).is_none())
            {
                let is_as_before = place.hash == version.hash;
                let before = if is_as_before { place.previous.as_ref() } else { Some(&place.hash) };
                let usable = before.filter(|hash| self.registry.quarantined(hash).is_none());
                let before = usable.and_then(|hash| self.vouched_for(hash, Self::archived_soon));
                if let Some(before) = before.filter(|before| before.id() == version.id()) {
                    with_history.push(Change::Activate { version: before, path: path.clone() });
                }
                if is_as_before && place.stable {
                    version.trust();
                }
            }
            with_history.push(change);
        }
        with_history
    }

    /// What a restart must find again: what stands now, and what this start has had no time for.
    pub(crate) fn checkpoints(&self) -> Checkpoints {
        let mut checkpoints = self.registry.checkpoints();
        for (path, before) in self.active.places() {
            match checkpoints.get_mut(path) {
                None if self.is_awaited(Path::new(path)) => {
                    checkpoints.insert(path.clone(), before.clone());
                }
                Some(now) if now.previous.is_none() => {
                    now.previous = self.way_back(path, now, before);
                }
                _ => {}
            }
        }
        checkpoints
    }

    /// What stood before the version that stands now, and this start has had no time for.
    fn way_back(&self, path: &str, now: &Checkpoint, before: &Checkpoint) -> Option<String> {
        if now.hash == before.hash {
            return before.previous.clone();
        }
        let id = self.known.get(Path::new(path)).and_then(|known| known.active.as_ref()).map(|(id, _)| id.clone());
        let is_its = id.is_some() && self.archive.unit_of(&before.hash) == id;
        (is_its && self.registry.quarantined(&before.hash).is_none()).then(|| before.hash.clone())
    }

    /// Nothing stands there now, and the files are there or cannot be seen: what stood there is needed when they can be used.
    fn is_awaited(&self, path: &Path) -> bool {
        let is_out_of_sight = |folder: &PathBuf| path.starts_with(folder) && std::fs::read_dir(folder).is_err();
        self.known.contains_key(path) || self.settings.watched().any(is_out_of_sight)
    }
}
