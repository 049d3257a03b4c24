//! A unit's files and what they say, without compiling anything: for those who pack, sign and install units.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use amprule_hooks::manifest::EDITION;
use amprule_hooks::{Diagnostic, Source, Tables, manifest};

use crate::check::{Refusal, check};
use crate::read::{Files, Unreadable, belongs, read};
use crate::settings::Bounds;
use crate::unit_path::{UnitForm, UnitPath, find, is_foreign};

/// Reads a unit as the server reads it, and checks its manifest and parameters.
pub fn read_unit(path: &Path) -> Result<Source, Vec<Diagnostic>> {
    let Some(place) = UnitPath::at(path) else {
        let why = format!("there is no unit at {}", path.display());
        let hint = "a unit is a folder with plugin.toml or main.rhai, or a .rhai or .wasm file";
        return Err(vec![Diagnostic::new("unreadable", why).hint(hint)]);
    };
    at(&place)
}

pub(crate) fn at(place: &UnitPath) -> Result<Source, Vec<Diagnostic>> {
    with_warnings(place).map(|(source, _)| source)
}

/// And what is odd about its files.
pub(crate) fn with_warnings(place: &UnitPath) -> Result<(Source, Vec<Diagnostic>), Vec<Diagnostic>> {
    match read(place, &Bounds::default()) {
        Ok((files, _)) => source(place.shape, &place.name(), &files).map(|source| (source, files.warnings)),
        Err(Unreadable::Refused(diagnostics)) => Err(diagnostics),
        Err(Unreadable::Moving) => {
            Err(vec![Diagnostic::new("unreadable", "its files change while they are read; try again")])
        }
    }
}

/// The unit that these files would be in a folder of that name. A file that the server would not read is refused.
pub fn source_of(folder: &str, files: BTreeMap<String, Vec<u8>>) -> Result<Source, Vec<Diagnostic>> {
    let declared = files.get("plugin.toml").map(|bytes| String::from_utf8_lossy(bytes));
    let entry = declared.and_then(|declared| manifest::entry_of(&declared)).unwrap_or_else(|| "plugin.wasm".to_owned());
    let strangers: Vec<Diagnostic> = files
        .keys()
        .filter(|name| !belongs(name, &entry) || !is_looked_for(name))
        .map(|name| Diagnostic::new("unreadable", "no unit has such a file").in_file(name))
        .collect();
    if !strangers.is_empty() {
        return Err(strangers);
    }
    source(UnitForm::Folder, folder, &Files::new(UnitForm::Folder, folder, files))
}

/// Reading a folder passes over none of its parts: nothing hidden or an editor's, no sources and builds, nothing deeper.
fn is_looked_for(name: &str) -> bool {
    let folders = name.matches('/').count();
    folders <= Bounds::default().depth
        && !name.split('/').any(is_hidden)
        && !name.split('/').take(folders).any(|folder| is_foreign(Path::new(folder)))
}

/// As the listing of a folder has it.
fn is_hidden(part: &str) -> bool {
    part.is_empty()
        || part.starts_with(['.', '#'])
        || part.ends_with('~')
        || [".swp", ".swx", ".tmp", ".bak"].iter().any(|end| part.ends_with(end))
}

/// Where there are units, or what may become one, in a watched folder.
pub fn unit_paths(folder: &Path) -> io::Result<Vec<PathBuf>> {
    Ok(find(folder)?.into_iter().map(|place| place.path).collect())
}

fn source(shape: UnitForm, name: &str, files: &Files) -> Result<Source, Vec<Diagnostic>> {
    let source = check(shape, name, files, EDITION).map_err(|refusal| match refusal {
        Refusal::Broken(diagnostics) | Refusal::Waiting { diagnostics, .. } => diagnostics,
    })?;
    let tables = Tables::read(&source.manifest.tables, &source.files)?;
    Ok(Source { tables: Arc::new(tables), ..source })
}
