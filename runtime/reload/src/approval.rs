//! An upgrade that asks for more than the version before it waits for an operator's word. The word holds for exactly these
//! files, also after a restart. A unit's first version needs none.

use std::path::Path;
use std::sync::Arc;

use amprule_hooks::{Archive, Diagnostic, Trouble, Version, asks};

use crate::loader::Loader;
use crate::order::{Refused, impossible};
use crate::place::Place;

const CODE: &str = "approval";

impl Loader {
    /// Why the version must wait, if it must.
    pub(crate) fn asks_for_more(&self, place: &Place, version: &Version) -> Option<Trouble> {
        if !self.settings.approve_upgrades || self.active.is_approved(&version.hash) {
            return None;
        }
        let before = self.version_before(place, version)?;
        let more = asks::beyond(&before, version);
        if more.is_empty() {
            return None;
        }
        let (id, now, old) = (version.id(), &version.manifest.version, &before.manifest.version);
        let why = format!("version {now} asks for more than the active {old}: {}", more.join("; "));
        let hint = format!("`amprule approve {id}` lets it in; until then {old} stays");
        let diagnostic = Diagnostic::new(CODE, why).hint(hint);
        let trouble = self.trouble(place, id.to_owned(), vec![diagnostic]);
        Some(Trouble { version: now.clone(), waiting: true, ..trouble })
    }

    /// What is active, or was when the server stopped.
    fn version_before(&self, place: &Place, version: &Version) -> Option<Arc<Version>> {
        if let Some(active) = self.registry.active(version.id()) {
            return Some(active);
        }
        let stood = self.active.get(&place.text()).filter(|stood| stood.hash != version.hash)?;
        self.archive.load(&stood.hash).filter(|before| before.id() == version.id())
    }

    /// Lets the files in, whether they are in quarantine or ask for more.
    pub(crate) fn approve(&mut self, id: &str) -> Result<(), Refused> {
        let units = self.registry.extensions().into_iter().filter(|unit| unit.id == id);
        let mut paths = units.map(|unit| unit.path).filter(|path| !self.is_candidate(Path::new(path)));
        let path = paths.next().ok_or_else(|| Refused::Unknown(id.to_owned()))?;
        let hash = self.hash_of_files(&path).unwrap_or_default();
        let quarantined = self.registry.lift_quarantine(&hash);
        if !quarantined && !self.was_told(&path, CODE) {
            return impossible(format!("the files of {id} are not in quarantine and do not wait for approval"));
        }
        tracing::info!(extension = id, hash, "an operator lets the version in");
        self.active.approve(&hash, self.registry.now());
        self.judge_again(&path);
        Ok(())
    }
}
