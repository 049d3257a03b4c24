//! From files that are fit to a version that is active. The compilers work meanwhile: a unit that takes long is taken in
//! by a later look, and delays no other one.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use amprule_hooks::registry::Checking;
use amprule_hooks::{Change, Diagnostic, Manifest, Source, Trouble, Version};

use crate::compile_task::Made;
use crate::compiling::Compiling;
use crate::findings::Findings;
use crate::loader::Loader;
use crate::pool::BUSY;
use crate::unit_path::UnitPath;

/// Units that change together and are ready within this time become active together.
const TOGETHER: Duration = Duration::from_millis(500);

/// Codes of diagnostics whose cause is not in the files: the same files may pass the next time.
const NOT_THE_FILES: [&str; 4] = ["archive", BUSY, "revision", "signature"];

impl Loader {
    /// A version that is in memory has passed every step before.
    pub(crate) fn make(&mut self, place: &UnitPath, source: Source, findings: &mut Findings) {
        if let Err(diagnostics) = self.let_in(place, &source) {
            return self.turn_away(place, &source, diagnostics, findings);
        }
        if let Some(version) = self.registry.loaded(&source.hash) {
            return self.made(place, &source, Ok(version), findings);
        }
        match self.pools.begin(source.clone(), self.registry.now()) {
            Ok(job) => {
                let (since, at) = (Instant::now(), self.registry.now());
                let compiling = Compiling { place: place.clone(), source, job, since, at };
                self.compiling.insert(place.path.clone(), compiling);
            }
            Err(diagnostics) => self.turn_away(place, &source, diagnostics, findings),
        }
    }

    /// Everybody may see what the compilers have.
    pub(crate) fn show_compiling(&self) {
        let checking = self.compiling.iter().map(|(path, compiling)| {
            let Manifest { id, version, .. } = compiling.source.manifest.clone();
            (
                path.display().to_string(),
                Checking { id, version, hash: compiling.source.hash.clone(), since: compiling.at },
            )
        });
        self.registry.check(checking.collect());
    }

    /// Takes in what the compilers have finished, and waits a moment for what this look began.
    pub(crate) fn take_in(&mut self, findings: &mut Findings) {
        self.take_in_until(|compiling| compiling.since + TOGETHER, findings);
    }

    /// Takes in everything but candidates, and does not wait for those whose place has a version of before to go on with.
    pub(crate) fn take_in_all(&mut self, until: Instant, findings: &mut Findings) {
        self.take_in(findings);
        while Instant::now() < until && self.compiling.keys().any(|path| self.is_waited_for(path)) {
            self.take_in(findings);
        }
    }

    fn is_waited_for(&self, path: &Path) -> bool {
        !self.is_candidate(path) && self.version_of_before(path).is_none()
    }

    fn take_in_until(&mut self, until: impl Fn(&Compiling) -> Instant, findings: &mut Findings) {
        let paths: Vec<PathBuf> = self.compiling.keys().cloned().collect();
        for path in paths {
            let finished = self.compiling.get(&path).and_then(|compiling| compiling.job.wait_until(until(compiling)));
            if let Some(finished) = finished
                && let Some(Compiling { place, source, .. }) = self.compiling.remove(&path)
            {
                let version = finished.map(|Made { version, .. }| Arc::new(version));
                self.made(&place, &source, version, findings);
            }
        }
    }

    /// Checked again after compiling, since an operator may have given an order meanwhile.
    fn made(
        &mut self,
        place: &UnitPath,
        source: &Source,
        version: Result<Arc<Version>, Vec<Diagnostic>>,
        findings: &mut Findings,
    ) {
        let version = match version {
            Ok(version) => version,
            Err(diagnostics) => return self.turn_away(place, source, diagnostics, findings),
        };
        version.signed_by(self.gate.signer(source));
        if self.is_candidate(&place.path) {
            return self.stand_beside(place, version, findings);
        }
        if let Some(waits) = self.kept_out(place, source).or_else(|| self.asks_for_more(place, &version)) {
            if is_elsewhere(&waits.diagnostics) {
                self.known.entry(place.path.clone()).or_default().forget_files();
            }
            return self.say(place, waits, findings);
        }
        match self.keep(place, source) {
            Ok(()) => self.activate(place, version, findings),
            Err(diagnostics) => self.turn_away(place, source, diagnostics, findings),
        }
    }

    /// Durable when it returns: a session may be pinned to it from now on.
    fn keep(&self, place: &UnitPath, source: &Source) -> Result<(), Vec<Diagnostic>> {
        self.archive
            .keep(place, source)
            .map_err(|error| vec![Diagnostic::new("archive", format!("cannot be written to the archive: {error}"))])?;
        self.gate.admitted(source)
    }

    fn activate(&mut self, place: &UnitPath, version: Arc<Version>, findings: &mut Findings) {
        let id = version.id().to_owned();
        for (_, known) in self.known.iter_mut().filter(|(path, _)| !self.settings.is_candidate(path)) {
            // No other path has this id any more, or this would be a double.
            known.active.take_if(|(active, _)| *active == id);
        }
        findings.take_back(&place.path);
        if self.active.held(&id).is_some_and(|held| *held != version.hash) {
            // The same code, with another table.
            self.active.hold(&id, &version.hash);
        }
        let known = self.known.entry(place.path.clone()).or_default();
        known.refused.clear();
        if let Some((old, hash)) = known.active.replace((id, version.hash.clone())) {
            match self.active.held(&old) {
                Some(_) => self.move_to_archive(old, hash, findings),
                None => findings.changes.push(Change::Remove { id: old }),
            }
            // A double of it may take its id.
            findings.again |= self.known.values().any(|known| known.doubled);
        }
        findings.changes.push(Change::Activate { version, path: place.text() });
    }

    /// Where the cause may lie elsewhere, the next look tries again.
    fn turn_away(&mut self, place: &UnitPath, source: &Source, diagnostics: Vec<Diagnostic>, findings: &mut Findings) {
        let Manifest { id, version, .. } = source.manifest.clone();
        let again = is_elsewhere(&diagnostics);
        let trouble = Trouble { version, ..self.trouble(place, id, diagnostics) };
        let known = self.known.entry(place.path.clone()).or_default();
        known.is_there();
        if again {
            known.forget_files();
        } else {
            // A double may take the id that this one will not have.
            findings.again |= self.known.values().any(|known| known.doubled);
        }
        self.say(place, trouble, findings);
    }
}

fn is_elsewhere(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(|diagnostic| NOT_THE_FILES.contains(&diagnostic.code))
}
