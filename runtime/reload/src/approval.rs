//! An upgrade that asks for more than the version before it waits for an operator's word. The word holds for exactly these
//! files, also after a restart. A unit's first version needs none.

use std::path::Path;
use std::sync::Arc;

use amprule_hooks::{Absent, Archive as _, Diagnostic, Trouble, Version, permissions};

use crate::holding::short;
use crate::loader::Loader;
use crate::order::{Refused, impossible};
use crate::pool::BUSY;
use crate::unit_path::UnitPath;

const CODE: &str = "approval";

/// The version against which an upgrade is held.
enum Before {
    Known(Arc<Version>),
    /// Its hash, and why it cannot be looked at.
    Absent(String, Absent),
}

impl Loader {
    /// Why the version must wait, if it must.
    pub(crate) fn asks_for_more(&self, place: &UnitPath, version: &Version) -> Option<Trouble> {
        if !self.settings.approve_upgrades || self.active.is_approved(&version.hash) {
            return None;
        }
        let (id, now) = (version.id(), &version.manifest.version);
        let waits = |diagnostic| {
            let trouble = self.trouble(place, id.to_owned(), vec![diagnostic]);
            Some(Trouble { version: now.clone(), waiting: true, ..trouble })
        };
        let (old, more) = match self.version_before(place, version)? {
            Before::Known(before) => (before.manifest.version.clone(), permissions::beyond(&before, version)),
            Before::Absent(hash, Absent::Lost) => {
                (hash, vec!["what it asked for cannot be told, since the archive does not have it".to_owned()])
            }
            Before::Absent(..) => {
                return waits(Diagnostic::new(
                    BUSY,
                    "it waits until the version before it is compiled, to be held against it",
                ));
            }
        };
        if more.is_empty() {
            return None;
        }
        let why = format!("version {now} asks for more than the active {old}: {}", more.join("; "));
        let hint = format!("`amprule approve {id} {}` lets it in; until then {old} stays", version.hash);
        waits(Diagnostic::new(CODE, why).hint(hint))
    }

    /// What is active, or was before. `None`: it is the unit's first.
    fn version_before(&self, place: &UnitPath, version: &Version) -> Option<Before> {
        if let Some(active) = self.registry.active(version.id()) {
            return Some(Before::Known(active));
        }
        let hash = self.hash_before(place, version.id()).filter(|hash| *hash != version.hash)?;
        match self.archived_soon(&hash) {
            Ok(before) if before.id() != version.id() => None,
            Ok(before) => Some(Before::Known(before)),
            Err(absent) => Some(Before::Absent(hash, absent)),
        }
    }

    /// At its place, or the latest that the archive has of it: its folder may have been renamed, or away for a while.
    fn hash_before(&self, place: &UnitPath, id: &str) -> Option<String> {
        let here = self.active.get(&place.text()).map(|stood| stood.hash.clone());
        // What stood here may have been another unit.
        let here = here.filter(|hash| self.archive.unit_of(hash).is_none_or(|unit| unit == id));
        here.or_else(|| self.archive.list(id).into_iter().next().map(|version| version.hash))
    }

    /// Lets the files in, whether they are in quarantine or ask for more: those that the operator has seen, and no others.
    pub(crate) fn approve(&mut self, id: &str, hash: &str) -> Result<(), Refused> {
        let units = self.registry.units().into_iter().filter(|unit| unit.id == id);
        // Its files may lie where another unit is active.
        let kept_back = self.registry.kept_back_at(id);
        let paths: Vec<_> =
            units.map(|unit| unit.path).chain(kept_back).filter(|path| !self.is_candidate(Path::new(path))).collect();
        let first = paths.first().ok_or_else(|| Refused::Unknown(id.to_owned()))?;
        let seen = |path: &&String| self.hash_of_files(path).is_some_and(|files| !hash.is_empty() && files == hash);
        if let Some(held) = self.active.held(id) {
            let held = short(held);
            return impossible(format!(
                "{id} is held at {held}: `amprule unpin {id}` lets its files count, and then they may be approved"
            ));
        }
        let Some(path) = paths.iter().find(seen) else {
            let files = self.hash_of_files(first).filter(|files| !files.is_empty());
            let files = files.unwrap_or_else(|| "not readable".to_owned());
            if hash.len() < files.len() && files.starts_with(hash) {
                return impossible(format!("give the whole hash: amprule approve {id} {files}"));
            }
            return impossible(format!(
                "the files of {id} are {files} now, and you approve {hash}: look at them again, `amprule approve {id}` shows \
                 what waits"
            ));
        };
        let code = self.known.get(Path::new(path)).map(|known| known.code_hash.clone()).unwrap_or_default();
        let lifted = [hash, &code].map(|kept_out| self.registry.lift_quarantine(kept_out));
        let quarantined = lifted.contains(&true);
        if !quarantined && !self.was_told(path, CODE) {
            return impossible(format!("the files of {id} are not in quarantine and do not wait for approval"));
        }
        tracing::info!(extension = id, hash, "an operator lets the version in");
        self.active.approve(hash, self.registry.now());
        self.judge_again(path);
        Ok(())
    }
}
