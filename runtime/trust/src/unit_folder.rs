//! Reads and writes files of a unit's folder without being led out of it: whoever made the folder may have put links, pipes and
//! endless files there, and whoever runs the command has other rights than they.

use std::fs::{self, File};
use std::hash::{BuildHasher as _, RandomState};
use std::io::{self, Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use amprule_hooks::Diagnostic;
use rustix::fs::{AtFlags, Dir, Mode, OFlags, mkdirat, renameat, unlinkat};
use rustix::io::Errno;

/// More than the server looks at in a unit's folder.
const MAX_ENTRIES: usize = 10_000;

/// An open folder. What is read or written lies beneath it, whatever is put into the way meanwhile.
#[derive(Debug)]
pub struct UnitFolder {
    handle: OwnedFd,
    path: PathBuf,
}

impl UnitFolder {
    pub fn open(path: &Path) -> io::Result<Self> {
        let path = fs::canonicalize(path)?;
        let handle = rustix::fs::open(&path, FOLDER, Mode::empty())?;
        Ok(Self { handle, path })
    }

    /// Something has the name, a link that leads nowhere included.
    pub fn has(&self, name: &str) -> bool {
        fs::symlink_metadata(self.path.join(name)).is_ok()
    }

    /// The names in a folder of it, as many as a unit may have at all.
    pub fn list(&self, folder: &str) -> io::Result<Vec<String>> {
        let entries = Dir::new(open_beneath(&self.handle, &self.beneath(folder)?, FOLDER)?)?.take(MAX_ENTRIES);
        let names = entries.map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned()));
        Ok(names.collect::<Result<_, Errno>>()?)
    }

    /// A whole regular file of at most so many bytes.
    pub fn read(&self, name: &str, most: u64) -> io::Result<Vec<u8>> {
        let file = File::from(open_beneath(&self.handle, &self.beneath(name)?, FILE)?);
        read_open(file, most)
    }

    /// In one move: nobody sees half of it. A folder on the way is made; a link that leads out is refused, be it the file or
    /// the folder.
    pub fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let (folder, file) = match name.rsplit_once('/') {
            Some((folder, file)) => (self.folder(folder)?, file),
            None => (self.handle.try_clone()?, name),
        };
        if fs::symlink_metadata(self.path.join(name)).is_ok_and(|there| there.is_symlink()) {
            self.beneath(name)?;
        }
        let beside = format!(".{file}.{:016x}.new", RandomState::new().hash_one(file));
        let new = rustix::fs::openat(&folder, &beside, NEW, Mode::from_raw_mode(0o666))?;
        let written = fill(File::from(new), bytes).and_then(|()| Ok(renameat(&folder, &beside, &folder, file)?));
        if written.is_err() {
            let _ = unlinkat(&folder, &beside, AtFlags::empty());
        }
        written.and_then(|()| Ok(rustix::fs::fsync(&folder)?))
    }

    /// A folder of it, made when it is not there, as those above it are.
    fn folder(&self, name: &str) -> io::Result<OwnedFd> {
        if let Some((above, _)) = name.rsplit_once('/') {
            self.folder(above)?;
        }
        match mkdirat(&self.handle, name, Mode::from_raw_mode(0o777)) {
            Ok(()) | Err(Errno::EXIST) => Ok(open_beneath(&self.handle, &self.beneath(name)?, FOLDER)?),
            Err(error) => Err(error.into()),
        }
    }

    /// Where its links lead to, from the folder.
    fn beneath(&self, name: &str) -> io::Result<PathBuf> {
        let real = fs::canonicalize(self.path.join(name))?;
        real.strip_prefix(&self.path).map(Path::to_owned).map_err(|_| {
            let out = Diagnostic::new("outside", "the link leads out of the unit's folder").in_file(name);
            io::Error::other(out.hint("remove the link, or copy what it leads to into the folder").to_string())
        })
    }
}

/// A whole regular file of at most so many bytes, wherever links lead. A pipe, or a device without an end, is not waited for.
pub(crate) fn read_regular(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    read_open(File::from(rustix::fs::open(path, FILE, Mode::empty())?), most)
}

fn read_open(file: File, most: u64) -> io::Result<Vec<u8>> {
    if !file.metadata()?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    let mut bytes = Vec::new();
    file.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > most {
        true => Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("it has more than {most} bytes"))),
        false => Ok(bytes),
    }
}

fn fill(mut file: File, bytes: &[u8]) -> io::Result<()> {
    file.write_all(bytes)?;
    file.sync_all()
}

/// `beneath` has no links: one that is put there meanwhile is not followed.
#[cfg(target_os = "linux")]
fn open_beneath(folder: &OwnedFd, beneath: &Path, flags: OFlags) -> rustix::io::Result<OwnedFd> {
    use rustix::fs::{ResolveFlags, openat2};
    let beneath = if beneath.as_os_str().is_empty() { Path::new(".") } else { beneath };
    match openat2(folder, beneath, flags, Mode::empty(), ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS) {
        // Before Linux 5.6, and where a sandbox does not know the call.
        Err(Errno::NOSYS | Errno::PERM) => rustix::fs::openat(folder, beneath, flags | OFlags::NOFOLLOW, Mode::empty()),
        opened => opened,
    }
}

#[cfg(not(target_os = "linux"))]
fn open_beneath(folder: &OwnedFd, beneath: &Path, flags: OFlags) -> rustix::io::Result<OwnedFd> {
    let beneath = if beneath.as_os_str().is_empty() { Path::new(".") } else { beneath };
    rustix::fs::openat(folder, beneath, flags | OFlags::NOFOLLOW, Mode::empty())
}

const FOLDER: OFlags = OFlags::DIRECTORY.union(OFlags::CLOEXEC);
const FILE: OFlags = OFlags::RDONLY.union(OFlags::NONBLOCK).union(OFlags::NOCTTY).union(OFlags::CLOEXEC);
/// Only what is made by this call: no file, link or pipe that lies there already.
const NEW: OFlags =
    OFlags::WRONLY.union(OFlags::CREATE).union(OFlags::EXCL).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
