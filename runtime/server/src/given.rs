//! A unit as it is given to a command: a folder or a package. What is wrong with it is said as the server says it.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use amprule_hooks::manifest::is_id;
use amprule_hooks::{Diagnostic, Source, tables};
use amprule_reload::{read_file, read_unit, source_of};
use amprule_trust::contents::PARAMETERS;
use amprule_trust::{MAX_PACKAGE, Package};
use anyhow::{Context, Result, bail, ensure};
use clap::Args;

/// As the server reads it.
const MAX_PARAMETERS: u64 = 256 << 10;

/// A unit that is refused, with all that is wrong.
#[derive(Debug)]
pub(crate) struct Refused {
    what: String,
    diagnostics: Vec<Diagnostic>,
}

impl Refused {
    pub(crate) fn new(what: impl fmt::Display, diagnostics: Vec<Diagnostic>) -> Self {
        Self { what: what.to_string(), diagnostics }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is refused", self.what)?;
        self.diagnostics.iter().try_for_each(|diagnostic| write!(f, "\n{diagnostic}"))
    }
}

impl std::error::Error for Refused {}

pub(crate) fn folder(path: &Path) -> Result<Source> {
    read_unit(path).map_err(|found| Refused::new(path.display(), found).into())
}

/// The operator's files of a unit: its parameters and its tables.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Operators {
    /// The operator's parameters for it, put beside it as parameters.toml [default: what is there]
    #[arg(long, value_name = "FILE")]
    parameters: Option<PathBuf>,
    /// The operator's tables for it, put beside it below tables/ [default: what is there]
    #[arg(long, value_name = "DIR")]
    tables: Option<PathBuf>,
}

impl Operators {
    /// What was named, or else what lies in the first of the places that has any: a candidate begins with that of the active
    /// one.
    pub(crate) fn files(&self, places: &[&Path]) -> Result<BTreeMap<String, Vec<u8>>> {
        let mut files = BTreeMap::new();
        let kept = places.iter().map(|place| place.join(PARAMETERS)).find(|file| file.exists());
        if let Some(file) = self.parameters.clone().or(kept) {
            let bytes =
                read_file(&file, MAX_PARAMETERS).with_context(|| format!("read the parameters {}", file.display()))?;
            files.insert(PARAMETERS.to_owned(), bytes);
        }
        let kept = places.iter().map(|place| place.join(tables::OPERATORS)).find(|folder| folder.exists());
        if let Some(folder) = self.tables.clone().or(kept) {
            let of = || format!("read the tables in {}", folder.display());
            for entry in fs::read_dir(&folder).with_context(of)? {
                let entry = entry.with_context(of)?;
                let name = format!("{}{}", tables::OPERATORS, entry.file_name().to_string_lossy());
                let is_seen = !entry.file_name().to_string_lossy().starts_with(['.', '#']);
                if is_seen && entry.path().is_file() && tables::is_table_file(&name) {
                    files.insert(name, read_file(&entry.path(), MAX_PACKAGE).with_context(of)?);
                }
            }
        }
        Ok(files)
    }
}

/// The unit of a package with the operator's files.
pub(crate) fn source_in(package: &Package, operators: BTreeMap<String, Vec<u8>>, path: &Path) -> Result<Source> {
    let mut files = package.unpack();
    files.extend(operators);
    let source = source_of(&package.contents.unit, files);
    let checked = source.and_then(|source| package.check_manifest(&source.manifest).map(|()| source));
    checked.map_err(|found| Refused::new(path.display(), found).into())
}

pub(crate) fn package(path: &Path) -> Result<Package> {
    if path.is_dir() {
        bail!("{} is a folder, not a package; make one of it with `amprule pack`", path.display());
    }
    if path.extension().is_some_and(|ending| ending == "rhai" || ending == "wasm") {
        bail!("{} is a single file; make a folder with a plugin.toml of it", path.display());
    }
    let bytes = read_file(path, MAX_PACKAGE).with_context(|| format!("read {}", path.display()))?;
    let package = Package::decode(&bytes).map_err(|found| Refused::new(path.display(), found))?;
    // A folder is named by it before its manifest is read.
    ensure!(
        is_id(&package.contents.unit),
        "{} names the unit {:?}, which is no id",
        path.display(),
        package.contents.unit
    );
    Ok(package)
}

/// Writes beside and renames, so that nobody sees half of it.
pub(crate) fn save(path: &Path, bytes: &[u8]) -> Result<()> {
    let name = path.file_name().with_context(|| format!("{} names no file", path.display()))?;
    let beside = path.with_file_name(format!(".{}.new", name.to_string_lossy()));
    let written = File::create(&beside).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.and_then(|()| fs::rename(&beside, path)).with_context(|| format!("write {}", path.display()))
}
