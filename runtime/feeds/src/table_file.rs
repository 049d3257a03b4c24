//! A table's file in its unit's folder. Whoever may write there has fewer rights than the server: no link leads it elsewhere, no
//! pipe is waited for, and no more is read than a table may have.

use std::fs::{self, File};
use std::hash::{BuildHasher as _, RandomState};
use std::io::{self, Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use amprule_hooks::tables;
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, mkdirat, openat, renameat, statat, unlinkat};
use rustix::io::Errno;

use crate::MAX_BYTES;

pub(crate) struct TableFile {
    /// The folder of tables, which lies in the unit's.
    folder: OwnedFd,
    name: String,
    /// For people.
    path: PathBuf,
}

impl TableFile {
    /// The folder of tables is made when it is not there. The error is for the operator.
    pub(crate) fn open(unit: &Path, table: &str) -> Result<Self, String> {
        let tables = tables::OPERATORS.trim_end_matches('/');
        let path = unit.join(tables);
        let folder = folder_in(unit, tables).map_err(|error| format!("{} cannot be used: {error}", path.display()))?;
        let name = format!("{table}.csv");
        let path = path.join(&name);
        match statat(&folder, &name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(there) if FileType::from_raw_mode(there.st_mode) == FileType::Symlink => Err(format!(
                "{} is a link, and no link is written through; put a file there, or nothing",
                path.display()
            )),
            _ => Ok(Self { folder, name, path }),
        }
    }

    pub(crate) fn path(&self) -> String {
        self.path.display().to_string()
    }

    /// `None` too where something else lies there, or more than a table may have.
    pub(crate) fn read(&self) -> Option<Vec<u8>> {
        let file = File::from(openat(&self.folder, &self.name, FILE, Mode::empty()).ok()?);
        let metadata = file.metadata().ok()?;
        let mut bytes = Vec::new();
        let is_table = metadata.is_file() && metadata.len() <= MAX_BYTES;
        is_table.then(|| file.take(MAX_BYTES).read_to_end(&mut bytes).ok()).flatten()?;
        Some(bytes)
    }

    /// Nobody sees half of it.
    pub(crate) fn replace(&self, text: &str) -> Result<(), String> {
        self.remove_leftovers();
        self.written(text).map_err(|error| format!("{} cannot be written: {error}", self.path()))
    }

    fn written(&self, text: &str) -> io::Result<()> {
        // A name that nobody can take before.
        let beside = format!("{}{:016x}{LEFTOVER}", self.hidden(), RandomState::new().hash_one(&self.name));
        let new = openat(&self.folder, &beside, NEW, Mode::from_raw_mode(0o666))?;
        let written =
            fill(File::from(new), text).and_then(|()| Ok(renameat(&self.folder, &beside, &self.folder, &self.name)?));
        if written.is_err() {
            let _ = unlinkat(&self.folder, &beside, AtFlags::empty());
        }
        written.and_then(|()| Ok(rustix::fs::fsync(&self.folder)?))
    }

    /// Of a server that ended while it wrote. A link among them goes, and not what it leads to.
    fn remove_leftovers(&self) {
        let Ok(entries) = Dir::read_from(&self.folder) else { return };
        for entry in entries.flatten().take(MAX_ENTRIES) {
            let name = entry.file_name().to_string_lossy();
            if name.starts_with(&self.hidden()) && name.ends_with(LEFTOVER) {
                let _ = unlinkat(&self.folder, entry.file_name(), AtFlags::empty());
            }
        }
    }

    /// How the names of what is being written begin: units are read without what is hidden.
    fn hidden(&self) -> String {
        format!(".{}.", self.name)
    }
}

const LEFTOVER: &str = ".new";
const MAX_ENTRIES: usize = 10_000;

fn folder_in(unit: &Path, name: &str) -> io::Result<OwnedFd> {
    let home = fs::canonicalize(unit)?;
    let handle = rustix::fs::open(&home, FOLDER, Mode::empty())?;
    match mkdirat(&handle, name, Mode::from_raw_mode(0o777)) {
        Ok(()) | Err(Errno::EXIST) => {}
        Err(error) => return Err(error.into()),
    }
    let real = fs::canonicalize(home.join(name))?;
    let beneath =
        real.strip_prefix(&home).map_err(|_| io::Error::other("it is a link that leads out of the unit's folder"))?;
    Ok(open_beneath(&handle, beneath)?)
}

/// `beneath` has no links: one that is put there meanwhile is not followed.
#[cfg(target_os = "linux")]
fn open_beneath(home: &OwnedFd, beneath: &Path) -> rustix::io::Result<OwnedFd> {
    use rustix::fs::{ResolveFlags, openat2};
    match openat2(home, beneath, FOLDER, Mode::empty(), ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS) {
        // Before Linux 5.6, and where a sandbox does not know the call.
        Err(Errno::NOSYS | Errno::PERM) => openat(home, beneath, FOLDER | OFlags::NOFOLLOW, Mode::empty()),
        opened => opened,
    }
}

#[cfg(not(target_os = "linux"))]
fn open_beneath(home: &OwnedFd, beneath: &Path) -> rustix::io::Result<OwnedFd> {
    openat(home, beneath, FOLDER | OFlags::NOFOLLOW, Mode::empty())
}

fn fill(mut file: File, text: &str) -> io::Result<()> {
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

const FOLDER: OFlags = OFlags::DIRECTORY.union(OFlags::CLOEXEC);
const FILE: OFlags =
    OFlags::RDONLY.union(OFlags::NOFOLLOW).union(OFlags::NONBLOCK).union(OFlags::NOCTTY).union(OFlags::CLOEXEC);
/// Only what is made by this call: no file, link or pipe that lies there already.
const NEW: OFlags =
    OFlags::WRONLY.union(OFlags::CREATE).union(OFlags::EXCL).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
