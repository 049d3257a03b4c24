//! Candidates: units of a folder of their own that go the whole way of a reload, and then stand beside the active
//! version instead of taking its place. What was asked of them is in the registry's shadow.

use std::path::Path;
use std::sync::Arc;

use amprule_hooks::{Diagnostic, Source, Version};

use crate::findings::Findings;
use crate::loader::Loader;
use crate::unit_path::UnitPath;

impl Loader {
    pub(crate) fn is_candidate(&self, path: &Path) -> bool {
        self.settings.is_candidate(path)
    }

    /// Somebody must answer for it as for any unit. Whether it is older than what was active does not matter.
    pub(crate) fn let_in(&self, place: &UnitPath, source: &Source) -> Result<(), Vec<Diagnostic>> {
        if self.is_candidate(&place.path) { self.gate.vouch(source) } else { self.gate.admit(source) }
    }

    /// Nothing is archived and nobody is asked: it gets no right, and no session is pinned to it.
    pub(crate) fn stand_beside(&mut self, place: &UnitPath, version: Arc<Version>, findings: &mut Findings) {
        findings.take_back(&place.path);
        for (path, known) in &mut self.known {
            // Whoever had the id among the candidates has moved here.
            if self.settings.is_candidate(path) && *path != place.path {
                known.active.take_if(|(active, _)| active == version.id());
            }
        }
        let known = self.known.entry(place.path.clone()).or_default();
        known.refused.clear();
        let before = known.active.replace((version.id().to_owned(), version.hash.clone()));
        if let Some((other, _)) = before.filter(|(id, _)| id != version.id()) {
            findings.shadows_over.push(other);
        }
        findings.cleared.push(place.path.clone());
        findings.shadows.push((version, place.text()));
    }
}
