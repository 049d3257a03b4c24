//! Looks at all places and brings the registry to what they are: one look is at most one new generation.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use amprule_hooks::quarantine::Entries;
use amprule_hooks::{Archive, Change, Diagnostic, Gate, Registry, Source, Trouble, Version};

use crate::active::{self, Active};
use crate::archive::ArchiveFolder;
use crate::check::{Refusal, check};
use crate::place::{self, Place};
use crate::read::{Stamp, Unreadable, read};
use crate::settings::ReloadSettings;
use crate::workshop::Workshop;

pub(crate) struct Loader {
    settings: ReloadSettings,
    pub(crate) registry: Arc<Registry>,
    workshop: Arc<Workshop>,
    pub(crate) archive: Arc<ArchiveFolder>,
    pub(crate) gate: Arc<dyn Gate>,
    pub(crate) active: Active,
    known: BTreeMap<PathBuf, Known>,
}

/// What is known of a place.
#[derive(Default)]
struct Known {
    stamp: Option<Stamp>,
    /// What the files were when they were last judged.
    hash: String,
    /// What of it is active: id and hash.
    active: Option<(String, String)>,
    /// What was said of it last, so that it is not said twice.
    refused: Vec<Diagnostic>,
    /// Another place has its id: to be judged again when that changes.
    doubled: bool,
    /// Since when its files are not there.
    missing: Option<Instant>,
}

/// What one look found, before anybody is told.
#[derive(Default)]
struct Findings {
    changes: Vec<Change>,
    troubles: Vec<(PathBuf, Trouble)>,
    settled: Vec<PathBuf>,
    /// Something is in motion: look again soon.
    again: bool,
}

/// Codes of diagnostics that the same files may not deserve the next time.
const NOT_THE_FILES: [&str; 3] = ["archive", "revision", "signature"];

impl Loader {
    pub(crate) fn new(
        settings: ReloadSettings,
        registry: Arc<Registry>,
        workshop: Arc<Workshop>,
        archive: Arc<ArchiveFolder>,
        gate: Arc<dyn Gate>,
    ) -> Self {
        let active = Active::open(&settings.archive);
        let archive_of = settings.archive.clone();
        let writer = move |entries: &Entries| active::write_quarantine(&archive_of, entries);
        registry.open_quarantine(active::quarantine(&settings.archive), Box::new(writer));
        Self { settings, registry, workshop, archive, gate, active, known: BTreeMap::new() }
    }

    /// The first look. A unit whose files are broken now goes on with the version that it had when the server stopped.
    pub(crate) fn first_look(&mut self) {
        let mut findings = self.find();
        for (path, trouble) in &findings.troubles {
            let hash = self.version_in_place_of(path, trouble);
            let vouched = |hash: &String| self.archive.source(hash).is_some_and(|old| self.gate.vouch(&old).is_ok());
            if let Some(version) = hash.filter(vouched).and_then(|hash| self.archive.load(&hash)) {
                if let Some(known) = self.known.get_mut(path) {
                    known.active = Some((version.id().to_owned(), version.hash.clone()));
                }
                findings.changes.push(Change::Activate { version, path: path.display().to_string() });
            }
        }
        let findings = self.with_history(findings);
        self.publish(findings);
    }

    /// What goes on although the files cannot: what an operator holds, what was active, what was active before.
    fn version_in_place_of(&self, path: &Path, trouble: &Trouble) -> Option<String> {
        if self.known.get(path).is_some_and(|known| known.doubled) {
            return None;
        }
        if let Some(held) = self.active.held(&trouble.id) {
            return Some(held.clone());
        }
        let place = self.active.get(&path.display().to_string()).filter(|_| !trouble.waiting)?;
        let mut versions = [Some(&place.hash), place.previous.as_ref()].into_iter().flatten();
        versions.find(|hash| self.registry.quarantined(hash).is_none()).cloned()
    }

    /// Versions have the standing that they had when the server stopped, and the ones before them are there to go back to.
    fn with_history(&self, findings: Findings) -> Findings {
        let mut changes = Vec::with_capacity(findings.changes.len());
        for change in findings.changes {
            if let Change::Activate { version, path } = &change
                && let Some(place) = self.active.get(path).filter(|place| place.hash == version.hash)
            {
                let usable = place.previous.as_ref().filter(|hash| self.registry.quarantined(hash).is_none());
                let previous = usable.and_then(|hash| self.archive.load(hash));
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

    /// True when something is in motion and should be looked at again soon.
    pub(crate) fn look(&mut self) -> bool {
        let findings = self.find();
        let again = findings.again;
        self.publish(findings);
        again
    }

    /// The hashes that a restart needs.
    pub(crate) fn remembered(&self) -> HashSet<String> {
        self.active.hashes()
    }

    /// The next look takes the files at `path` as if they were new.
    pub(crate) fn judge_again(&mut self, path: &str) {
        if let Some(known) = self.known.get_mut(Path::new(path)) {
            known.hash.clear();
            known.stamp = None;
            known.refused.clear();
        }
    }

    /// What the files at `path` were when they were last looked at.
    pub(crate) fn hash_of_files(&self, path: &str) -> Option<String> {
        self.known.get(Path::new(path)).map(|known| known.hash.clone())
    }

    pub(crate) fn remember(&mut self) {
        self.active.replace(self.registry.standings());
    }

    /// The registry may have gone back to an earlier version by itself.
    fn catch_up(&mut self) {
        for (path, place) in self.registry.standings() {
            if let Some((_, hash)) = self.known.get_mut(Path::new(&path)).and_then(|known| known.active.as_mut()) {
                *hash = place.hash;
            }
        }
    }

    fn find(&mut self) -> Findings {
        self.catch_up();
        let mut findings = Findings::default();
        let (places, unreadable) = self.places();
        let present: HashSet<PathBuf> = places.iter().map(|place| place.path.clone()).collect();
        for place in &places {
            self.judge(place, &present, &mut findings);
        }
        self.miss(&present, &unreadable, &mut findings);
        findings
    }

    fn places(&self) -> (Vec<Place>, Vec<PathBuf>) {
        let (mut places, mut unreadable) = (Vec::new(), Vec::new());
        for folder in &self.settings.folders {
            match place::find(folder) {
                Ok(found) => places.extend(found),
                Err(error) => {
                    tracing::warn!(folder = %folder.display(), %error, "cannot list the folder; its units stay as they are");
                    unreadable.push(folder.clone());
                }
            }
        }
        (places, unreadable)
    }

    fn judge(&mut self, place: &Place, present: &HashSet<PathBuf>, findings: &mut Findings) {
        let known = self.known.entry(place.path.clone()).or_default();
        let stamp = Stamp::of(place, &self.settings.bounds);
        let unchanged = matches!((&stamp, &known.stamp), (Some(now), Some(before)) if now.says_unchanged_since(before));
        if unchanged && !known.doubled && known.missing.is_none() {
            return;
        }
        let (files, stamp) = match read(place, &self.settings.bounds) {
            Ok(read) => read,
            Err(Unreadable::Moving) => {
                findings.again = true;
                return;
            }
            Err(Unreadable::Refused(diagnostics)) => {
                known.hash.clear();
                return self.refuse(place, place.name(), diagnostics, findings);
            }
        };
        known.stamp = Some(stamp);
        let same = known.hash == files.hash && !known.doubled && known.missing.is_none();
        if same {
            return;
        }
        known.hash.clone_from(&files.hash);
        match check(place.shape, &place.name(), &files) {
            Ok(source) => self.take(place, source, present, findings),
            Err(Refusal::Broken(diagnostics)) => self.refuse(place, place.name(), diagnostics, findings),
            Err(Refusal::Waiting { id, diagnostics }) => self.wait(place, id, diagnostics, findings),
        }
    }

    fn take(&mut self, place: &Place, source: Source, present: &HashSet<PathBuf>, findings: &mut Findings) {
        let id = source.manifest.id.clone();
        if let Some(owner) = self.owner(&id, &place.path, present) {
            let why = format!("two units have the id {id:?}: {} and {}", owner.display(), place.path.display());
            let double = Diagnostic::new("double", why).hint("give one of them another id, or remove it");
            self.known.entry(place.path.clone()).or_default().doubled = true;
            return self.refuse(place, id, vec![double], findings);
        }
        let known = self.known.entry(place.path.clone()).or_default();
        known.doubled = false;
        known.missing = None;
        if known.active.as_ref().is_some_and(|(_, hash)| *hash == source.hash) {
            known.refused.clear();
            findings.settled.push(place.path.clone());
            return;
        }
        if let Some(kept_out) = self.kept_out(&id, &source) {
            return self.say(place, kept_out, findings);
        }
        let made = self.make(place, source);
        let known = self.known.entry(place.path.clone()).or_default();
        match made {
            Ok(version) => self.activate(place, version, findings),
            Err(diagnostics) => {
                if diagnostics.iter().any(|diagnostic| NOT_THE_FILES.contains(&diagnostic.code)) {
                    // The cause may lie elsewhere: the next look tries again.
                    known.hash.clear();
                    known.stamp = None;
                }
                self.refuse(place, id, diagnostics, findings);
            }
        }
    }

    /// Files that are fit, and yet must not become active.
    fn kept_out(&self, id: &str, source: &Source) -> Option<Trouble> {
        let (version, at) = (&source.manifest.version, self.registry.now());
        let trouble = |waiting, diagnostic| Trouble { id: id.to_owned(), at, waiting, diagnostics: vec![diagnostic] };
        if let Some(entry) = self.registry.quarantined(&source.hash) {
            let why = format!("version {version} is quarantined since {}: {}", entry.at, entry.reason);
            let hint = format!("change the unit, or let this version in again with `amprule approve {id}`");
            return Some(trouble(false, Diagnostic::new("quarantined", why).hint(hint)));
        }
        let held = self.active.held(id).filter(|held| **held != source.hash)?;
        let why = format!("the unit is pinned to {}", held.get(..12).unwrap_or(held));
        let hint = format!("`amprule unpin {id}` lets version {version} of its files in");
        Some(trouble(true, Diagnostic::new("pinned", why).hint(hint)))
    }

    /// A version that is in memory has passed every step before.
    fn make(&self, place: &Place, source: Source) -> Result<Arc<Version>, Vec<Diagnostic>> {
        self.gate.admit(&source)?;
        let version = match self.registry.loaded(&source.hash) {
            Some(version) => version,
            None => Arc::new(self.workshop.make(source.clone(), true, self.registry.now())?.version),
        };
        self.archive
            .keep(place, &source)
            .map_err(|error| vec![Diagnostic::new("archive", format!("cannot be written to the archive: {error}"))])?;
        self.gate.admitted(&source)?;
        Ok(version)
    }

    fn activate(&mut self, place: &Place, version: Arc<Version>, findings: &mut Findings) {
        let id = version.id().to_owned();
        for known in self.known.values_mut() {
            // Whoever had the id is gone, or this would be a double.
            known.active.take_if(|(active, _)| *active == id);
        }
        let known = self.known.entry(place.path.clone()).or_default();
        known.refused.clear();
        if let Some((old, _)) = known.active.replace((id, version.hash.clone())) {
            findings.changes.push(Change::Remove { id: old });
            // A double of it may take its id.
            findings.again |= self.known.values().any(|known| known.doubled);
        }
        findings.changes.push(Change::Activate { version, path: place.text() });
    }

    fn refuse(&mut self, place: &Place, id: String, diagnostics: Vec<Diagnostic>, findings: &mut Findings) {
        let known = self.known.entry(place.path.clone()).or_default();
        known.missing = None;
        self.say(place, Trouble { id, at: self.registry.now(), waiting: false, diagnostics }, findings);
    }

    /// The entry is not there. What was active leaves, if the entry does not come back at once.
    fn wait(&mut self, place: &Place, id: String, diagnostics: Vec<Diagnostic>, findings: &mut Findings) {
        let known = self.known.entry(place.path.clone()).or_default();
        if known.active.is_some() && !known.is_gone(&self.settings) {
            findings.again = true;
            return;
        }
        known.missing = None;
        self.remove(&place.path, findings);
        self.say(place, Trouble { id, at: self.registry.now(), waiting: true, diagnostics }, findings);
    }

    fn say(&mut self, place: &Place, trouble: Trouble, findings: &mut Findings) {
        let known = self.known.entry(place.path.clone()).or_default();
        if known.refused != trouble.diagnostics {
            known.refused.clone_from(&trouble.diagnostics);
            findings.troubles.push((place.path.clone(), trouble));
        }
    }

    /// Places that are not there any more leave, when they stay away for the quiet time.
    fn miss(&mut self, present: &HashSet<PathBuf>, unreadable: &[PathBuf], findings: &mut Findings) {
        let listed = |path: &Path| !unreadable.iter().any(|folder| path.starts_with(folder));
        let away: Vec<PathBuf> =
            self.known.keys().filter(|path| !present.contains(*path) && listed(path)).cloned().collect();
        for path in away {
            let gone = self.known.get_mut(&path).is_some_and(|known| known.is_gone(&self.settings));
            if gone {
                self.remove(&path, findings);
                self.known.remove(&path);
                findings.settled.push(path);
            } else {
                findings.again = true;
            }
        }
    }

    fn remove(&mut self, path: &Path, findings: &mut Findings) {
        let Some((id, _)) = self.known.get_mut(path).and_then(|known| known.active.take()) else { return };
        findings.changes.push(Change::Remove { id });
        // A double of it may take its id.
        findings.again |= self.known.values().any(|known| known.doubled);
    }

    fn owner(&self, id: &str, path: &Path, present: &HashSet<PathBuf>) -> Option<&PathBuf> {
        let others = self.known.iter().filter(|(other, _)| other.as_path() != path && present.contains(*other));
        others
            .filter(|(_, known)| known.active.as_ref().is_some_and(|(active, _)| active == id))
            .map(|(other, _)| other)
            .next()
    }

    fn publish(&mut self, findings: Findings) {
        self.registry.apply(findings.changes);
        for path in findings.settled {
            self.registry.settle(&path.display().to_string());
        }
        for (path, trouble) in findings.troubles {
            self.registry.reject(&path.display().to_string(), trouble);
        }
        self.remember();
    }
}

impl Known {
    /// True when it was missing before, and long enough ago.
    fn is_gone(&mut self, settings: &ReloadSettings) -> bool {
        let since = *self.missing.get_or_insert_with(Instant::now);
        since.elapsed() >= settings.quiet
    }
}
