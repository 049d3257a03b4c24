//! Looks at all places and brings the registry to what they are: what is ready in one look is one new generation.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use amprule_hooks::quarantine::Entries;
use amprule_hooks::{Change, Gate, Registry};

use crate::active::{self, Active};
use crate::archive::ArchiveFolder;
use crate::compile_pools::CompilePools;
use crate::compiling::Compiling;
use crate::findings::Findings;
use crate::known::PathState;
use crate::progress::Progress;
use crate::rules::RulesFile;
use crate::settings::ReloadSettings;
use crate::tallies::Tallies;
use crate::unit_path::{self, UnitPath};

pub(crate) struct Loader {
    pub(crate) settings: ReloadSettings,
    pub(crate) registry: Arc<Registry>,
    pub(crate) pools: Arc<CompilePools>,
    pub(crate) archive: Arc<ArchiveFolder>,
    pub(crate) gate: Arc<dyn Gate>,
    pub(crate) active: Active,
    tallies: Tallies,
    pub(crate) known: BTreeMap<PathBuf, PathState>,
    /// By path: what the compilers have.
    pub(crate) compiling: BTreeMap<PathBuf, Compiling>,
    /// Where operators say which units are asked.
    pub(crate) rules: Option<RulesFile>,
    pub(crate) progress: Arc<Progress>,
    /// The start may take until then.
    pub(crate) start_until: Option<Instant>,
}

/// At start-up a place whose id was another's at first is judged again, this often.
const ROUNDS: usize = 3;

impl Loader {
    pub(crate) fn new(
        settings: ReloadSettings,
        registry: Arc<Registry>,
        pools: Arc<CompilePools>,
        archive: Arc<ArchiveFolder>,
        gate: Arc<dyn Gate>,
    ) -> Self {
        let active = Active::open(&settings.archive);
        let archive_of = settings.archive.clone();
        let writer = move |entries: &Entries| active::write_quarantine(&archive_of, entries);
        registry.open_quarantine(active::quarantine(&settings.archive), Box::new(writer));
        let tallies = Tallies::open(&settings.archive);
        let (known, compiling) = (BTreeMap::new(), BTreeMap::new());
        let progress = Arc::new(Progress::new(settings.compile + settings.rescan));
        Self {
            settings,
            registry,
            pools,
            archive,
            gate,
            active,
            tallies,
            known,
            compiling,
            rules: None,
            progress,
            start_until: None,
        }
    }

    /// The first look. Everything that is there becomes one generation. What takes the compilers too long comes when it is
    /// ready, as candidates do; until then goes on what was active when the server stopped.
    pub(crate) fn first_look(&mut self) {
        let mut findings = Findings::default();
        let until = Instant::now() + self.settings.start;
        self.start_until = Some(until);
        for _ in 0..ROUNDS {
            self.find(&mut findings);
            self.take_in_all(until, &mut findings);
        }
        self.resume_broken(&mut findings);
        self.resume_compiling(&mut findings);
        self.resume_held(&mut findings);
        self.look_at_rules(&mut findings);
        self.publish(findings);
        self.start_until = None;
    }

    /// True when something is in motion and should be looked at again soon.
    pub(crate) fn look(&mut self) -> bool {
        let mut findings = Findings::default();
        self.find(&mut findings);
        self.show_compiling();
        self.take_in(&mut findings);
        self.resume_broken(&mut findings);
        self.look_at_rules(&mut findings);
        let again = findings.again || !self.compiling.is_empty();
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
            known.forget_files();
            known.refused.clear();
        }
    }

    /// What the files at `path` were when they were last looked at.
    pub(crate) fn hash_of_files(&self, path: &str) -> Option<String> {
        self.known.get(Path::new(path)).map(|known| known.hash.clone())
    }

    /// Whether a diagnostic of this code was the last word on the files at `path`.
    pub(crate) fn was_told(&self, path: &str, code: &str) -> bool {
        let known = self.known.get(Path::new(path));
        known.is_some_and(|known| known.refused.iter().any(|diagnostic| diagnostic.code == code))
    }

    /// What a restart must know, and what everybody may see of the units that are held.
    pub(crate) fn remember(&mut self) {
        let checkpoints = self.checkpoints();
        self.active.replace(checkpoints);
        self.registry.note_held(self.active.all_held().clone());
    }

    /// Now and then while candidates are compared.
    pub(crate) fn keep_tallies_when_due(&mut self) {
        if self.tallies.are_due() {
            self.keep_tallies();
        }
    }

    pub(crate) fn keep_tallies(&mut self) {
        let Self { known, tallies, registry, .. } = self;
        let is_out_of_sight = |path: &Path| path.parent().is_none_or(|folder| std::fs::read_dir(folder).is_err());
        tallies.write(registry.shadows(), |path| known.contains_key(path) || is_out_of_sight(path));
    }

    /// `None`: there are none to keep.
    pub(crate) fn tallies_due_in(&self) -> Option<Duration> {
        self.registry.has_shadows().then(|| self.tallies.due_in())
    }

    /// The registry may have gone back to an earlier version by itself.
    fn catch_up(&mut self) {
        for (path, place) in self.registry.checkpoints() {
            if let Some((_, hash)) = self.known.get_mut(Path::new(&path)).and_then(|known| known.active.as_mut()) {
                *hash = place.hash;
            }
        }
    }

    /// What was quarantined at the last moment is not active: its place is looked at again.
    fn let_go_of_what_was_kept_out(&mut self) {
        let checkpoints = self.registry.checkpoints();
        let is_out =
            |path: &Path| !self.settings.is_candidate(path) && !checkpoints.contains_key(&path.display().to_string());
        for (_, known) in self.known.iter_mut().filter(|(path, known)| known.active.is_some() && is_out(path)) {
            known.active = None;
            known.forget_files();
        }
    }

    fn find(&mut self, findings: &mut Findings) {
        self.catch_up();
        let (places, unreadable) = self.places();
        let present: HashSet<PathBuf> = places.iter().map(|place| place.path.clone()).collect();
        for place in &places {
            self.progress.turns_to(place.path.display());
            self.judge(place, &present, findings);
        }
        self.miss(&present, &unreadable, findings);
    }

    fn places(&self) -> (Vec<UnitPath>, Vec<PathBuf>) {
        let (mut places, mut unreadable) = (Vec::new(), Vec::new());
        for folder in self.settings.watched() {
            self.progress.turns_to(folder.display());
            match unit_path::find(folder) {
                Ok(found) => places.extend(found),
                Err(error) => {
                    tracing::warn!(folder = %folder.display(), %error, "cannot list the folder; its units stay as they are");
                    unreadable.push(folder.clone());
                }
            }
        }
        (places, unreadable)
    }

    /// Places that are not there any more leave, when they stay away for the quiet time.
    fn miss(&mut self, present: &HashSet<PathBuf>, unreadable: &[PathBuf], findings: &mut Findings) {
        let listed = |path: &Path| !unreadable.iter().any(|folder| path.starts_with(folder));
        let away: Vec<PathBuf> =
            self.known.keys().filter(|path| !present.contains(*path) && listed(path)).cloned().collect();
        for path in away {
            let gone = self.known.get_mut(&path).is_some_and(|known| known.is_gone(&self.settings));
            if gone && let Some((id, hash)) = self.held_at(&path) {
                self.stay(&path, id, &hash, findings);
            } else if gone && !self.is_moving(&path) {
                self.remove(&path, findings);
                self.known.remove(&path);
                self.compiling.remove(&path);
                findings.cleared.push(path);
            } else {
                findings.again = true;
            }
        }
    }

    /// The unit that was here is in the making at another place.
    fn is_moving(&self, path: &Path) -> bool {
        let id = self.known.get(path).and_then(|known| known.active.as_ref()).map(|(id, _)| id);
        let moves_to = |other: &Path| other != path && self.is_candidate(other) == self.is_candidate(path);
        id.is_some_and(|id| {
            self.compiling.iter().any(|(other, compiling)| moves_to(other) && compiling.source.manifest.id == *id)
        })
    }

    pub(crate) fn remove(&mut self, path: &Path, findings: &mut Findings) {
        let Some((id, _)) = self.known.get_mut(path).and_then(|known| known.active.take()) else { return };
        if self.is_candidate(path) {
            return findings.shadows_over.push(id);
        }
        findings.changes.push(Change::Remove { id });
        // A double of it may take its id.
        findings.again |= self.known.values().any(|known| known.doubled);
    }

    fn publish(&mut self, findings: Findings) {
        let changes = self.with_history(findings.changes);
        self.registry.apply(changes);
        self.let_go_of_what_was_kept_out();
        findings.shadows_over.iter().for_each(|unit| self.registry.end_shadow(unit));
        for (version, path) in findings.shadows {
            let before = self.tallies.take(&version);
            self.registry.begin_shadow(version, &path, before);
        }
        for path in findings.cleared {
            self.registry.clear(&path.display().to_string());
        }
        for (path, trouble) in findings.troubles {
            self.registry.reject(&path.display().to_string(), trouble);
        }
        if let Some(also) = findings.also {
            also();
        }
        if let Some((standing, file)) = findings.rules.zip(self.rules.as_ref()) {
            self.registry.note_rules_file(&file.path().display().to_string(), standing);
        }
        self.show_compiling();
        self.remember();
    }
}
