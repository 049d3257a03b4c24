//! Reads a unit once, within bounds: which files belong to it, their bytes, and the hash that names them.
//!
//! To a folder's unit belong `plugin.toml`, `parameters.toml`, the entry, every `.rhai` file, and every `.json`
//! and `.toml` file below `cases`, the tables below `tables` and `defaults`, and `contents.json` with `signature.json`; to a single file it and `name.toml`
//! beside it. Nothing else is read or hashed.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use amprule_hooks::{Diagnostic, cases, manifest, tables};
use sha2::{Digest, Sha256};

use crate::check::refuse_emptied;
use crate::misnamed::misnamed;
use crate::regular::{FileStamp, Home};
use crate::settings::Bounds;
use crate::unit_path::{self, UnitForm, UnitPath, children, is_foreign, is_real_folder};

/// A stamp is trusted when the newest change is older than this: file times are coarser than writes are quick.
const COARSE: Duration = Duration::from_secs(2);

pub(crate) struct Files {
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    pub(crate) hash: String,
    /// Without the operator's tables.
    pub(crate) code_hash: String,
    /// Of files that nobody reads, and that look as if somebody should.
    pub(crate) warnings: Vec<Diagnostic>,
    /// Something lies there that a component is built from.
    pub(crate) has_sources: bool,
}

/// Files that are told as misnamed.
const MOST_WARNINGS: usize = 20;

pub(crate) enum Unreadable {
    /// It changed while it was read: look again soon.
    Moving,
    Refused(Vec<Diagnostic>),
}

/// What the file system says of a unit's files. Equal and trusted: nothing changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stamp {
    files: Vec<(String, FileStamp)>,
    trusted: bool,
}

/// A file that belongs to the unit.
struct Member {
    name: String,
    /// In the unit's folder, without links.
    beneath: PathBuf,
    stamp: FileStamp,
}

impl Stamp {
    /// `None` when it cannot even be listed.
    pub(crate) fn of(place: &UnitPath, bounds: &Bounds) -> Option<Self> {
        let home = home(place).ok()?;
        let members = members(&home, place, bounds).ok()?;
        Some(Self::new(&members.found))
    }

    pub(crate) fn says_unchanged_since(&self, earlier: &Self) -> bool {
        earlier.trusted && self.files == earlier.files
    }

    fn new(members: &[Member]) -> Self {
        let newest = members.iter().filter_map(|member| member.stamp.modified).max();
        let age = newest.and_then(|newest| newest.elapsed().ok());
        let files = members.iter().map(|member| (member.name.clone(), member.stamp)).collect();
        Self { files, trusted: age.is_some_and(|age| age > COARSE) }
    }
}

pub(crate) fn read(place: &UnitPath, bounds: &Bounds) -> Result<(Files, Stamp), Unreadable> {
    let home = home(place).map_err(Unreadable::Refused)?;
    let before = members(&home, place, bounds).map_err(Unreadable::Refused)?;
    let mut files = BTreeMap::new();
    for member in &before.found {
        let (bytes, stamp) = home.read(&member.beneath, bounds.bytes).map_err(|_| Unreadable::Moving)?;
        if stamp != member.stamp {
            return Err(Unreadable::Moving);
        }
        files.insert(member.name.clone(), bytes);
    }
    let after = members(&home, place, bounds).map_err(Unreadable::Refused)?;
    let (stamp, after) = (Stamp::new(&before.found), Stamp::new(&after.found));
    if stamp.files != after.files {
        return Err(Unreadable::Moving);
    }
    let files = Files {
        warnings: before.misnamed,
        has_sources: before.has_sources,
        ..Files::new(place.shape, &place.name(), files)
    };
    refuse_emptied(&files).map_err(Unreadable::Refused)?;
    Ok((files, stamp))
}

impl Files {
    pub(crate) fn new(shape: UnitForm, name: &str, files: BTreeMap<String, Vec<u8>>) -> Self {
        let hash = digest(shape, name, &files, |_| true);
        let has_tables = files.keys().any(|name| tables::is_operators(name));
        let code_hash =
            if has_tables { digest(shape, name, &files, |name| !tables::is_operators(name)) } else { hash.clone() };
        Self { files, hash, code_hash, warnings: Vec::new(), has_sources: false }
    }
}

/// Names and contents, each behind its length, so that nothing can pass from one to the other.
fn digest(shape: UnitForm, name: &str, files: &BTreeMap<String, Vec<u8>>, of: impl Fn(&str) -> bool) -> String {
    let mut sha = Sha256::new();
    let mut part = |bytes: &[u8]| {
        sha.update((bytes.len() as u64).to_be_bytes());
        sha.update(bytes);
    };
    part(b"amprule-unit-1");
    // Without a manifest the folder's name is the id.
    let named = shape == UnitForm::Folder && !files.contains_key("plugin.toml");
    part(if named { name.as_bytes() } else { b"" });
    for (name, bytes) in files.iter().filter(|(name, _)| of(name)) {
        part(name.as_bytes());
        part(bytes);
    }
    sha.finalize().iter().fold(String::with_capacity(64), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes all");
        text
    })
}

fn home(place: &UnitPath) -> Result<Home, Vec<Diagnostic>> {
    Home::open(place.home()).map_err(|error| refuse(&place.text(), &error))
}

fn members<'b>(home: &'b Home, place: &UnitPath, bounds: &'b Bounds) -> Result<Walk<'b>, Vec<Diagnostic>> {
    let mut walk = Walk { home, bounds, found: Vec::new(), misnamed: Vec::new(), has_sources: false, seen: 0 };
    match place.shape {
        UnitForm::Single => {
            walk.take(&place.path, file_name(&place.path))?;
            let manifest = place.path.with_extension("toml");
            if manifest.exists() {
                walk.take(&manifest, file_name(&manifest))?;
            }
        }
        UnitForm::Folder => {
            let entry = walk.declared_entry(&place.path).unwrap_or_else(|| "plugin.wasm".to_owned());
            walk.folder(&place.path, "", &entry)?;
        }
    }
    walk.within_bounds()?;
    Ok(walk)
}

struct Walk<'b> {
    home: &'b Home,
    bounds: &'b Bounds,
    found: Vec<Member>,
    misnamed: Vec<Diagnostic>,
    has_sources: bool,
    /// Files and folders that were looked at, whether they belong to the unit or not.
    seen: usize,
}

impl Walk<'_> {
    fn folder(&mut self, folder: &Path, prefix: &str, entry: &str) -> Result<(), Vec<Diagnostic>> {
        for path in children(folder).map_err(|error| refuse(prefix, &error))? {
            self.seen += 1;
            if self.seen > self.bounds.entries {
                let why = format!("the unit's folder has more than {} files and folders", self.bounds.entries);
                return Err(vec![Diagnostic::new("limit", why).hint("keep what is not the unit's elsewhere")]);
            }
            let name = format!("{prefix}{}", file_name(&path));
            self.has_sources |= unit_path::is_source(&path);
            if is_real_folder(&path) && is_own(&name, entry) {
                return Err(vec![Diagnostic::new("unreadable", "a folder, where a file is meant").in_file(name)]);
            }
            if is_real_folder(&path) {
                if !is_foreign(&path) && prefix.matches('/').count() < self.bounds.depth {
                    self.folder(&path, &format!("{name}/"), entry)?;
                }
            } else if belongs(&name, entry) {
                self.take(&path, name)?;
            } else if self.misnamed.len() < MOST_WARNINGS {
                self.misnamed.extend(misnamed(&name));
            }
        }
        Ok(())
    }

    /// The entry that the manifest names, whatever else is wrong with it.
    fn declared_entry(&self, folder: &Path) -> Option<String> {
        let beneath = self.beneath(&folder.join("plugin.toml"), "plugin.toml").ok()?;
        let (text, _) = self.home.read(&beneath, self.bounds.bytes).ok()?;
        manifest::entry_of(&String::from_utf8_lossy(&text))
    }

    fn take(&mut self, path: &Path, name: String) -> Result<(), Vec<Diagnostic>> {
        let beneath = self.beneath(path, &name)?;
        let Some(stamp) = self.home.stamp(&beneath).map_err(|error| refuse(&name, &error))? else {
            return Err(vec![Diagnostic::new("unreadable", "not a regular file").in_file(name)]);
        };
        if self.found.len() <= self.bounds.files {
            self.found.push(Member { name, beneath, stamp });
        }
        Ok(())
    }

    /// Where its links lead to.
    fn beneath(&self, path: &Path, name: &str) -> Result<PathBuf, Vec<Diagnostic>> {
        let real = fs::canonicalize(path).map_err(|error| refuse(name, &error))?;
        match real.strip_prefix(&self.home.path) {
            Ok(beneath) => Ok(beneath.to_owned()),
            Err(_) => {
                let out = Diagnostic::new("outside", "the link leads out of the unit's folder").in_file(name);
                Err(vec![out.hint("copy the file into the folder")])
            }
        }
    }

    fn within_bounds(&self) -> Result<(), Vec<Diagnostic>> {
        let Bounds { files, bytes, .. } = *self.bounds;
        if self.found.len() > files {
            return Err(vec![Diagnostic::new("limit", format!("the unit has more than {files} files"))]);
        }
        let total: u64 = self.found.iter().map(|member| member.stamp.len).sum();
        if total > bytes {
            return Err(vec![Diagnostic::new(
                "limit",
                format!("the unit's files have {total} bytes; at most {bytes} are read"),
            )]);
        }
        Ok(())
    }
}

fn is_own(name: &str, entry: &str) -> bool {
    ["plugin.toml", "parameters.toml", "contents.json", "signature.json", manifest::MAP, entry].contains(&name)
}

pub(crate) fn belongs(name: &str, entry: &str) -> bool {
    let is_script = name.ends_with(".rhai") && !unit_path::is_definitions(name);
    is_own(name, entry) || is_script || cases::is_case_file(name) || tables::is_table_file(name)
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn refuse(name: &str, error: &std::io::Error) -> Vec<Diagnostic> {
    vec![Diagnostic::new("unreadable", error.to_string()).in_file(name)]
}
