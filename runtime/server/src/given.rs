//! A unit as it is given to a command: a folder or a package. What is wrong with it is said as the server says it.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use amprule_hooks::manifest::is_id;
use amprule_hooks::{Diagnostic, Source, tables};
use amprule_reload::{read_file, read_unit, source_of};
use amprule_trust::contents::PARAMETERS;
use amprule_trust::{MAX_PACKAGE, Package, UnitFolder};
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
        let mut files = match &self.parameters {
            Some(file) => parameters(file)?,
            None => kept(places, PARAMETERS, kept_parameters)?,
        };
        files.extend(match &self.tables {
            Some(folder) => tables(folder)?,
            None => kept(places, tables::OPERATORS, kept_tables)?,
        });
        Ok(files)
    }
}

type OfOperators = BTreeMap<String, Vec<u8>>;

fn parameters(file: &Path) -> Result<OfOperators> {
    let bytes = read_file(file, MAX_PARAMETERS).with_context(|| format!("read the parameters {}", file.display()))?;
    Ok(BTreeMap::from([(PARAMETERS.to_owned(), bytes)]))
}

fn tables(folder: &Path) -> Result<OfOperators> {
    let of = || format!("read the tables in {}", folder.display());
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).with_context(of)? {
        let entry = entry.with_context(of)?;
        if let Some(name) = table(&entry.file_name().to_string_lossy()).filter(|_| entry.path().is_file()) {
            files.insert(name, read_file(&entry.path(), MAX_PACKAGE).with_context(of)?);
        }
    }
    Ok(files)
}

/// Of the first of the units' folders that has something of this name. They may be anybody's: no link leads out of them.
fn kept(places: &[&Path], name: &str, read: fn(&UnitFolder) -> io::Result<OfOperators>) -> Result<OfOperators> {
    for place in places.iter().filter(|place| place.is_dir()) {
        let reading = || format!("read {name} in {}", place.display());
        let folder = UnitFolder::open(place).with_context(reading)?;
        if folder.has(name.trim_end_matches('/')) {
            return read(&folder).with_context(reading);
        }
    }
    Ok(BTreeMap::new())
}

fn kept_parameters(folder: &UnitFolder) -> io::Result<OfOperators> {
    Ok(BTreeMap::from([(PARAMETERS.to_owned(), folder.read(PARAMETERS, MAX_PARAMETERS)?)]))
}

fn kept_tables(folder: &UnitFolder) -> io::Result<OfOperators> {
    let names = folder.list(tables::OPERATORS)?;
    let names = names.iter().filter_map(|name| table(name));
    names.map(|name| folder.read(&name, MAX_PACKAGE).map(|bytes| (name, bytes))).collect()
}

/// A table's name within its unit.
fn table(file: &str) -> Option<String> {
    let name = format!("{}{file}", tables::OPERATORS);
    (!file.starts_with(['.', '#']) && tables::is_table_file(&name)).then_some(name)
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

/// Nobody sees half of it, and no link leads it elsewhere: the folder may be anybody's.
pub(crate) fn save(path: &Path, bytes: &[u8]) -> Result<()> {
    let name = path.file_name().with_context(|| format!("{} names no file", path.display()))?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    save_in(folder, &name.to_string_lossy(), bytes)
}

/// The same for a file in a folder of the unit, which is made when it is not there.
pub(crate) fn save_in(unit: &Path, name: &str, bytes: &[u8]) -> Result<()> {
    let written = UnitFolder::open(unit).and_then(|unit| unit.write(name, bytes));
    written.with_context(|| format!("write {}", unit.join(name).display()))
}
