//! Where units are: a folder with a manifest or an entry, or a single file, directly in a watched folder.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// Files of a folder that make it a unit.
const SIGNS: [&str; 3] = ["plugin.toml", "main.rhai", "plugin.wasm"];

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UnitPath {
    pub(crate) path: PathBuf,
    pub(crate) shape: UnitForm,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum UnitForm {
    Folder,
    /// A `.rhai` or `.wasm` file, with a manifest `name.toml` beside it or none.
    Single,
}

impl UnitPath {
    pub(crate) fn at(path: &Path) -> Option<Self> {
        let shape = if path.is_dir() {
            SIGNS.iter().any(|sign| path.join(sign).exists()).then_some(UnitForm::Folder)
        } else {
            is_code(path).then_some(UnitForm::Single)
        };
        shape.map(|shape| Self { path: path.to_owned(), shape })
    }

    /// The folder's name, or the file's without its ending: the id of a unit without a manifest.
    pub(crate) fn name(&self) -> String {
        let name = match self.shape {
            UnitForm::Folder => self.path.file_name(),
            UnitForm::Single => self.path.file_stem(),
        };
        match name {
            Some(name) => name.to_string_lossy().into_owned(),
            // `.` and `..` are names of their own somewhere else.
            None => fs::canonicalize(&self.path)
                .ok()
                .and_then(|path| Some(path.file_name()?.to_string_lossy().into_owned()))
                .unwrap_or_default(),
        }
    }

    /// No file of the unit may lead out of this folder.
    pub(crate) fn home(&self) -> &Path {
        match self.shape {
            UnitForm::Folder => &self.path,
            UnitForm::Single => parent(&self.path),
        }
    }

    pub(crate) fn text(&self) -> String {
        self.path.display().to_string()
    }
}

/// Of a bare name it is the present folder.
pub(crate) fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The units of a folder by name. A folder that does not exist has none.
pub(crate) fn find(folder: &Path) -> io::Result<Vec<UnitPath>> {
    Ok(children(folder)?.iter().filter_map(|path| UnitPath::at(path)).collect())
}

/// The folders below which something may appear that belongs to a unit.
pub(crate) fn folders(root: &Path, depth: usize) -> Vec<PathBuf> {
    let mut folders = vec![root.to_owned()];
    if depth > 0 {
        let below = children(root).unwrap_or_default();
        for child in below.into_iter().filter(|path| path.is_dir() && !is_foreign(path)) {
            // A unit may be a link; below it nothing is followed, for links may lead in circles.
            let depth = if is_real_folder(&child) { depth - 1 } else { 0 };
            folders.extend(self::folders(&child, depth));
        }
    }
    folders
}

/// Sorted, without what is hidden or an editor's.
pub(crate) fn children(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut paths = entries.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<Vec<_>>>()?;
    paths.retain(|path| !is_ignored(path));
    paths.sort();
    Ok(paths)
}

/// A folder, and not a link to one.
pub(crate) fn is_real_folder(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_dir())
}

/// Build folders of a plugin: they never belong to the unit.
pub(crate) fn is_foreign(folder: &Path) -> bool {
    ["src", "target", "node_modules"].iter().any(|name| folder.ends_with(name))
}

/// A component may be built from it.
pub(crate) fn is_source(path: &Path) -> bool {
    let is_of = |ending: &&str| path.extension().is_some_and(|found| found == *ending);
    is_foreign(path)
        || ["Cargo.toml", "package.json", "pyproject.toml"].iter().any(|name| path.ends_with(name))
        || ["rs", "c", "cpp", "js", "ts", "py", "go", "zig"].iter().any(is_of)
}

fn is_ignored(path: &Path) -> bool {
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else { return true };
    let editors = name.ends_with('~')
        || name.starts_with('#')
        || [".swp", ".swx", ".tmp", ".bak"].iter().any(|end| name.ends_with(end));
    name.starts_with('.') || editors
}

/// What editors read: it is no code.
pub(crate) fn is_definitions(name: &str) -> bool {
    name.ends_with(".d.rhai")
}

fn is_code(path: &Path) -> bool {
    !is_definitions(&path.to_string_lossy())
        && path.extension().is_some_and(|ending| ending == "rhai" || ending == "wasm")
}
