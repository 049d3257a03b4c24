//! Looks at all places and brings the registry to what they are: one look is at most one new generation.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use amprule_hooks::{Archive, Change, Diagnostic, Gate, Registry, Source, Trouble, Version};

use crate::active::Active;
use crate::archive::ArchiveFolder;
use crate::check::{Refusal, check};
use crate::place::{self, Place};
use crate::read::{Stamp, Unreadable, read};
use crate::settings::ReloadSettings;
use crate::workshop::Workshop;

pub(crate) struct Loader {
    settings: ReloadSettings,
    registry: Arc<Registry>,
    workshop: Arc<Workshop>,
    archive: Arc<ArchiveFolder>,
    gate: Arc<dyn Gate>,
    active: Active,
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
        Self { settings, registry, workshop, archive, gate, active, known: BTreeMap::new() }
    }

    /// The first look. A unit whose files are broken now goes on with the version that it had when the server stopped.
    pub(crate) fn first_look(&mut self) {
        let mut findings = self.find();
        for (path, trouble) in &findings.troubles {
            let doubled = self.known.get(path).is_some_and(|known| known.doubled);
            let hash = self.active.hash(&path.display().to_string()).filter(|_| !trouble.waiting && !doubled);
            let hash = hash.filter(|hash| self.archive.source(hash).is_some_and(|old| self.gate.vouch(&old).is_ok()));
            if let Some(version) = hash.and_then(|hash| self.archive.load(hash)) {
                if let Some(known) = self.known.get_mut(path) {
                    known.active = Some((version.id().to_owned(), version.hash.clone()));
                }
                findings.changes.push(Change::Activate { version, path: path.display().to_string() });
            }
        }
        self.publish(findings);
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
        self.active.hashes().cloned().collect()
    }

    fn find(&mut self) -> Findings {
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
        let active = self.known.iter().filter_map(|(path, known)| {
            known.active.as_ref().map(|(_, hash)| (path.display().to_string(), hash.clone()))
        });
        self.active.replace(active.collect());
    }
}

impl Known {
    /// True when it was missing before, and long enough ago.
    fn is_gone(&mut self, settings: &ReloadSettings) -> bool {
        let since = *self.missing.get_or_insert_with(Instant::now);
        since.elapsed() >= settings.quiet
    }
}
