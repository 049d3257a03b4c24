//! `amprule check`: the reload's steps without the swap, with the same diagnostics.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use amprule_hooks::manifest::EDITION;
use amprule_hooks::{Diagnostic, Kind};
use jiff::Timestamp;

use crate::check::{Refusal, check as check_files};
use crate::compile_pools::{CompilePools, CompileSettings};
use crate::read::{Unreadable, read};
use crate::settings::Bounds;
use crate::unit_path::{UnitPath, find, parent};

/// What was found at a path.
#[derive(Debug, Clone)]
pub struct Report {
    pub units: Vec<UnitReport>,
}

#[derive(Debug, Clone)]
pub struct UnitReport {
    pub path: PathBuf,
    /// As the manifest says it, or as the path lets guess.
    pub id: String,
    pub verdict: Verdict,
}

#[derive(Debug, Clone)]
pub enum Verdict {
    Good {
        kind: Kind,
        version: String,
        hash: String,
        /// The words of them.
        hooks: Vec<&'static str>,
        cases: usize,
        warnings: Vec<Diagnostic>,
    },
    /// Nothing is wrong, but something is not there yet.
    Waiting(Vec<Diagnostic>),
    Broken(Vec<Diagnostic>),
}

#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    #[error("there is no unit at {0}: a unit is a folder with plugin.toml or main.rhai, or a .rhai or .wasm file")]
    NoUnit(PathBuf),
    #[error("read {0}")]
    Unreadable(PathBuf, #[source] io::Error),
}

/// Checks a unit's folder, a single file, a file of a unit's folder, or every unit of a folder.
pub fn check(path: &Path, settings: CompileSettings) -> Result<Report, CheckError> {
    let unreadable = |error| CheckError::Unreadable(path.to_owned(), error);
    path.metadata().map_err(unreadable)?;
    let places = match place_of(path) {
        Some(place) => vec![place],
        None => find(path).map_err(unreadable)?,
    };
    if places.is_empty() {
        return Err(CheckError::NoUnit(path.to_owned()));
    }
    let pools = CompilePools::open(settings).map_err(unreadable)?;
    let mut units: Vec<UnitReport> = places.iter().map(|place| report(place, &pools)).collect();
    refuse_doubles(&mut units);
    Ok(Report { units })
}

impl Report {
    /// No unit is broken.
    pub fn is_good(&self) -> bool {
        !self.units.iter().any(|unit| matches!(unit.verdict, Verdict::Broken(_)))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.units.iter().try_for_each(|unit| writeln!(f, "{unit}"))
    }
}

impl fmt::Display for UnitReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (id, path) = (&self.id, self.path.display());
        match &self.verdict {
            Verdict::Good { version, hash, hooks, cases, warnings, .. } => {
                let hooks = hooks.join(", ");
                let short = hash.get(..12).unwrap_or(hash);
                write!(f, "ok       {id} {version} ({short}): {hooks}; {} passed; {path}", counted(*cases, "case"))?;
                warnings.iter().try_for_each(|warning| write!(f, "\n{warning}"))
            }
            Verdict::Waiting(diagnostics) => {
                write!(f, "waiting  {id}; {path}")?;
                diagnostics.iter().try_for_each(|diagnostic| write!(f, "\n{diagnostic}"))
            }
            Verdict::Broken(diagnostics) => {
                write!(f, "broken   {id}: {}; {path}", counted(diagnostics.len(), "error"))?;
                diagnostics.iter().try_for_each(|diagnostic| write!(f, "\n{diagnostic}"))
            }
        }
    }
}

/// A file inside of a unit's folder stands for the unit.
pub(crate) fn place_of(path: &Path) -> Option<UnitPath> {
    let folder = path.is_file().then(|| parent(path)).and_then(UnitPath::at);
    folder.or_else(|| UnitPath::at(path))
}

fn report(place: &UnitPath, pools: &CompilePools) -> UnitReport {
    let (id, verdict) = judge(place, pools);
    UnitReport { path: place.path.clone(), id, verdict }
}

fn judge(place: &UnitPath, pools: &CompilePools) -> (String, Verdict) {
    let files = match read(place, &Bounds::default()) {
        Ok((files, _)) => files,
        Err(Unreadable::Refused(diagnostics)) => return (place.name(), Verdict::Broken(diagnostics)),
        Err(Unreadable::Moving) => {
            let moving = Diagnostic::new("unreadable", "its files change while they are read; try again");
            return (place.name(), Verdict::Broken(vec![moving]));
        }
    };
    let source = match check_files(place.shape, &place.name(), &files, EDITION) {
        Ok(source) => source,
        Err(Refusal::Waiting { id, diagnostics }) => return (id, Verdict::Waiting(diagnostics)),
        Err(Refusal::Broken(diagnostics)) => return (place.name(), Verdict::Broken(diagnostics)),
    };
    let id = source.manifest.id.clone();
    match pools.make(source, true, Timestamp::UNIX_EPOCH) {
        Ok(made) => {
            let (manifest, cases) = (&made.version.manifest, made.cases);
            let (version, hooks) = (manifest.version.clone(), manifest.hook_words());
            let warnings = [&files.warnings, made.version.unit().warnings()].concat();
            let (kind, hash) = (made.version.kind, made.version.hash.clone());
            (id, Verdict::Good { kind, version, hash, hooks, cases, warnings })
        }
        Err(diagnostics) => (id, Verdict::Broken(diagnostics)),
    }
}

fn refuse_doubles(units: &mut [UnitReport]) {
    let mut first: BTreeMap<String, PathBuf> = BTreeMap::new();
    for unit in units.iter_mut().filter(|unit| matches!(unit.verdict, Verdict::Good { .. })) {
        if let Some(other) = first.get(&unit.id) {
            let why = format!("two units have the id {:?}: {} and {}", unit.id, other.display(), unit.path.display());
            unit.verdict = Verdict::Broken(vec![Diagnostic::new("double", why)]);
        } else {
            first.insert(unit.id.clone(), unit.path.clone());
        }
    }
}

fn counted(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}
