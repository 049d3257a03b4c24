//! What an operator holds stays active though its files are gone: from the archive, until the hold is over.

use std::path::{Path, PathBuf};

use amprule_hooks::{Archive as _, Change, Diagnostic, Trouble};

use crate::findings::Findings;
use crate::loader::Loader;
use crate::unit_path::{UnitForm, UnitPath};

pub(crate) const HELD: &str = "held";

impl Loader {
    /// The id and hash that are active from a place, when an operator holds the unit.
    pub(crate) fn held_at(&self, path: &Path) -> Option<(String, String)> {
        let active = self.known.get(path).and_then(|known| known.active.clone());
        active.filter(|(id, _)| !self.is_candidate(path) && self.active.held(id).is_some())
    }

    /// The files at a place are gone, and what was active there is not.
    pub(crate) fn stay(&mut self, path: &Path, id: String, hash: &str, findings: &mut Findings) {
        self.compiling.remove(path);
        self.known.entry(path.to_owned()).or_default().forget_files();
        let why = format!("its files are gone; an operator holds the unit, so {} stays, from the archive", short(hash));
        let hint = format!("put the files back, or let the unit go with them: `amprule unpin {id}`");
        let place = UnitPath { path: path.to_owned(), shape: UnitForm::Folder };
        let trouble = self.trouble(&place, id, vec![Diagnostic::new(HELD, why).hint(hint)]);
        self.say(&place, Trouble { waiting: true, ..trouble }, findings);
    }

    /// Another unit took the path of one that an operator holds: that one goes on from the archive.
    pub(crate) fn move_to_archive(&mut self, id: String, hash: String, findings: &mut Findings) {
        let path = self.settings.archive.join(&hash);
        let Some(version) = self.registry.active(&id) else { return findings.changes.push(Change::Remove { id }) };
        findings.changes.push(Change::Activate { version, path: path.display().to_string() });
        self.known.entry(path).or_default().active = Some((id, hash));
    }

    /// Units that are held and whose files are not there at a start.
    pub(crate) fn resume_held(&mut self, findings: &mut Findings) {
        for (id, held) in self.active.all_held().clone() {
            if findings.activates(&id) {
                continue;
            }
            let place = self.active.place_of(&self.archive.list(&id));
            let before =
                place.into_iter().flat_map(|(_, place)| [Some(&place.hash), place.previous.as_ref()]).flatten();
            let candidates = [held.clone()].into_iter().chain(before.cloned());
            let was_at = place.map(|(path, _)| PathBuf::from(path)).filter(|path| !self.known.contains_key(path));
            let Some(version) = self.first_usable(candidates, Some(&id), Self::archived) else {
                tracing::error!(
                    extension = id,
                    hash = held,
                    "an operator holds the unit at a version that cannot be used any more, and its files are gone; put \
                     them back, or say `amprule unpin {id}`"
                );
                continue;
            };
            let path = was_at.unwrap_or_else(|| self.settings.archive.join(&version.hash));
            let hash = version.hash.clone();
            self.known.entry(path.clone()).or_default().active = Some((id.clone(), hash.clone()));
            findings.changes.push(Change::Activate { version, path: path.display().to_string() });
            self.stay(&path, id, &hash, findings);
        }
    }
}

/// Of a hash, for people.
pub(crate) fn short(hash: &str) -> &str {
    hash.get(..12).unwrap_or(hash)
}
