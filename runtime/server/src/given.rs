//! A unit as it is given to a command: a folder or a package. What is wrong with it is said as the server says it.

use std::fmt;
use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::path::Path;

use amprule_hooks::{Diagnostic, Source};
use amprule_reload::{read_unit, source_of};
use amprule_trust::contents::PARAMETERS;
use amprule_trust::{MAX_PACKAGE, Package};
use anyhow::{Context, Result, bail};

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

/// The unit of a package with the operator's parameters, if there are any.
pub(crate) fn source_in(package: &Package, parameters: Option<&Vec<u8>>, path: &Path) -> Result<Source> {
    let mut files = package.unpack();
    files.extend(parameters.map(|bytes| (PARAMETERS.to_owned(), bytes.clone())));
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
    let mut bytes = Vec::new();
    let file = File::open(path).with_context(|| format!("open {}", path.display()))?;
    file.take(MAX_PACKAGE + 1).read_to_end(&mut bytes).with_context(|| format!("read {}", path.display()))?;
    Package::decode(&bytes).map_err(|found| Refused::new(path.display(), found).into())
}

pub(crate) fn parameters(file: &Path) -> Result<Vec<u8>> {
    fs::read(file).with_context(|| format!("read the parameters {}", file.display()))
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
