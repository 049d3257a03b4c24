//! From a place's files to a verdict: they are what is active, they are made, they wait, or they are refused.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use amprule_hooks::manifest::EDITION;
use amprule_hooks::{Diagnostic, Source, Trouble};

use crate::check::{Refusal, check};
use crate::findings::Findings;
use crate::holding::{HELD, short};
use crate::loader::Loader;
use crate::read::{Stamp, Unreadable, read};
use crate::unit_path::UnitPath;

impl Loader {
    pub(crate) fn judge(&mut self, place: &UnitPath, present: &HashSet<PathBuf>, findings: &mut Findings) {
        let known = self.known.entry(place.path.clone()).or_default();
        let stamp = Stamp::of(place, &self.settings.bounds);
        let unchanged = matches!((&stamp, &known.stamp), (Some(now), Some(before)) if now.says_unchanged_since(before));
        if unchanged && !known.is_unsettled() {
            return;
        }
        let (files, stamp) = match read(place, &self.settings.bounds) {
            Ok(read) => read,
            Err(Unreadable::Moving) => {
                (findings.again, findings.moving) = (true, true);
                return;
            }
            Err(Unreadable::Refused(diagnostics)) => {
                known.forget_files();
                self.compiling.remove(&place.path);
                return self.refuse(place, place.name(), diagnostics, findings);
            }
        };
        known.stamp = Some(stamp);
        if known.hash == files.hash && !known.is_unsettled() {
            return;
        }
        for warning in &files.warnings {
            let hint = warning.hint.as_deref().unwrap_or_default();
            tracing::warn!(path = %place.path.display(), "a file of the unit: {}; {hint}", warning.message);
        }
        known.hash.clone_from(&files.hash);
        known.code_hash.clone_from(&files.code_hash);
        // What the compilers have of the place is of earlier files.
        self.compiling.remove(&place.path);
        // What was taken in once stays what it is, whatever a newer server would say of it.
        let edition = self.archive.edition_of(&files.hash).unwrap_or(EDITION);
        match check(place.shape, &place.name(), &files, edition) {
            Ok(source) => self.take(place, source, present, findings),
            Err(Refusal::Broken(diagnostics)) => self.refuse(place, place.name(), diagnostics, findings),
            Err(Refusal::Waiting { id, diagnostics }) => self.wait(place, id, diagnostics, findings),
        }
    }

    fn take(&mut self, place: &UnitPath, source: Source, present: &HashSet<PathBuf>, findings: &mut Findings) {
        let id = source.manifest.id.clone();
        self.known.entry(place.path.clone()).or_default().id = Some(id.clone());
        if let Some(owner) = self.owner(&id, &place.path, present) {
            let why = format!("two units have the id {id:?}: {} and {}", owner.display(), place.path.display());
            let double = Diagnostic::new("double", why).hint("give one of them another id, or remove it");
            self.known.entry(place.path.clone()).or_default().doubled = true;
            return self.refuse(place, id, vec![double], findings);
        }
        let known = self.known.entry(place.path.clone()).or_default();
        known.doubled = false;
        known.is_there();
        if known.active.as_ref().is_some_and(|(_, hash)| *hash == source.hash) {
            known.refused.clear();
            findings.cleared.push(place.path.clone());
            return;
        }
        match self.kept_out(place, &source) {
            Some(kept_out) => self.say(place, kept_out, findings),
            None => self.make(place, source, findings),
        }
    }

    /// Files that are fit, and yet must not become active.
    pub(crate) fn kept_out(&self, place: &UnitPath, source: &Source) -> Option<Trouble> {
        if self.is_candidate(&place.path) {
            return None;
        }
        let (id, version) = (&source.manifest.id, &source.manifest.version);
        let trouble = |waiting, diagnostic| {
            let trouble = self.trouble(place, id.clone(), vec![diagnostic]);
            Trouble { version: version.clone(), waiting, ..trouble }
        };
        if let Some(entry) = self.registry.kept_out(&source.hash, &source.code_hash) {
            let why = format!("version {version} is quarantined since {}: {}", entry.at, entry.reason);
            let hint =
                format!("change the unit, or let this version in again with `amprule approve {id} {}`", source.hash);
            return Some(trouble(false, Diagnostic::new("quarantined", why).hint(hint)));
        }
        let held = self.active.held(id).filter(|held| **held != source.hash)?;
        if self.is_same_code(held, source) {
            return None;
        }
        let kept_out = self.registry.quarantined(held).map(|_| ", which is quarantined").unwrap_or_default();
        let why = format!("an operator holds the unit at {}{kept_out}", short(held));
        let hint = format!("`amprule unpin {id}` lets version {version} of its files in");
        Some(trouble(true, Diagnostic::new(HELD, why).hint(hint)))
    }

    /// What is held is the code: tables come and go.
    fn is_same_code(&self, held: &str, source: &Source) -> bool {
        match self.registry.loaded(held) {
            Some(version) => version.code_hash == source.code_hash,
            None => self.archive.source(held).is_some_and(|held| held.code_hash == source.code_hash),
        }
    }

    pub(crate) fn refuse(
        &mut self,
        place: &UnitPath,
        id: String,
        diagnostics: Vec<Diagnostic>,
        findings: &mut Findings,
    ) {
        let known = self.known.entry(place.path.clone()).or_default();
        known.is_there();
        self.say(place, self.trouble(place, id, diagnostics), findings);
    }

    /// The entry is not there yet. What was active stays: it is being built anew, or copied.
    fn wait(&mut self, place: &UnitPath, id: String, diagnostics: Vec<Diagnostic>, findings: &mut Findings) {
        self.known.entry(place.path.clone()).or_default().is_there();
        let trouble = Trouble { waiting: true, ..self.trouble(place, id, diagnostics) };
        self.say(place, trouble, findings);
    }

    /// With what is known of the files when they cannot be read any further.
    pub(crate) fn trouble(&self, place: &UnitPath, id: String, diagnostics: Vec<Diagnostic>) -> Trouble {
        let hash = self.known.get(&place.path).map(|known| known.hash.clone()).unwrap_or_default();
        let (at, candidate) = (self.registry.now(), self.is_candidate(&place.path));
        Trouble { id, version: String::new(), hash, at, waiting: false, candidate, diagnostics }
    }

    pub(crate) fn say(&mut self, place: &UnitPath, trouble: Trouble, findings: &mut Findings) {
        let known = self.known.entry(place.path.clone()).or_default();
        if known.refused != trouble.diagnostics {
            known.refused.clone_from(&trouble.diagnostics);
            findings.take_back(&place.path);
            findings.troubles.push((place.path.clone(), trouble));
        }
    }

    /// Another place whose unit has the id, or will have it when it is made. A candidate is no rival of the active one.
    fn owner<'p>(&self, id: &str, path: &Path, present: &'p HashSet<PathBuf>) -> Option<&'p PathBuf> {
        let is_rival = |other: &Path| other != path && self.is_candidate(other) == self.is_candidate(path);
        let mut rivals = present.iter().filter(|other| is_rival(other));
        rivals.find(|other| self.claims(other, id))
    }

    pub(crate) fn claims(&self, path: &Path, id: &str) -> bool {
        let active = self.known.get(path).and_then(|known| known.active.as_ref()).map(|(active, _)| active);
        let compiling = self.compiling.get(path).map(|compiling| &compiling.source.manifest.id);
        match (active, compiling) {
            (None, None) => self.may_still_be(path, id) && self.had(path, id),
            (active, compiling) => active.is_some_and(|active| active == id) || compiling.is_some_and(|it| it == id),
        }
    }

    /// Its files are not known to be another unit's by now.
    fn may_still_be(&self, path: &Path, id: &str) -> bool {
        let now = self.known.get(path).and_then(|known| known.id.as_deref());
        now.is_none_or(|now| now == id)
    }

    /// Nothing is known of the place since the start, and the unit was active there when the server stopped: a copy of it
    /// beside does not take its id.
    fn had(&self, path: &Path, id: &str) -> bool {
        let before = self.active.get(&path.display().to_string());
        !self.is_candidate(path)
            && before.is_some_and(|before| self.archive.unit_of(&before.hash).as_deref() == Some(id))
    }
}
