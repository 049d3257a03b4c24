//! Opens a regular file and nothing else. A pipe, a socket or a device that has a unit's file's name would be waited for,
//! perhaps for ever; it is refused without waiting.

use std::fs::{self, File, Metadata};
use std::io::{self, Read as _};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

/// Which file it is, and which state of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileStamp {
    pub(crate) len: u64,
    pub(crate) modified: Option<SystemTime>,
    /// Device, inode, and time of its last change.
    identity: (u64, u64, i64, i64),
}

impl FileStamp {
    pub(crate) fn of(metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt as _;
        let identity = (metadata.dev(), metadata.ino(), metadata.ctime(), metadata.ctime_nsec());
        Self { len: metadata.len(), modified: metadata.modified().ok(), identity }
    }
}

/// At most so many bytes, and which file they are of. What was seen at this path before need not be what is opened now.
pub(crate) fn read(path: &Path, most: u64) -> io::Result<(Vec<u8>, FileStamp)> {
    read_open(File::from(rustix::fs::open(path, FLAGS, Mode::empty())?), most)
}

/// A unit's folder. What is opened in it lies beneath it, whatever links are put into the way meanwhile.
pub(crate) struct Home {
    folder: OwnedFd,
    pub(crate) path: PathBuf,
}

impl Home {
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let path = fs::canonicalize(path)?;
        let folder = rustix::fs::open(&path, OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
        Ok(Self { folder, path })
    }

    /// `beneath`: without links. Which file it is now; `None`: not a regular one.
    pub(crate) fn stamp(&self, beneath: &Path) -> io::Result<Option<FileStamp>> {
        let metadata = self.file(beneath)?.metadata()?;
        Ok(metadata.is_file().then(|| FileStamp::of(&metadata)))
    }

    pub(crate) fn read(&self, beneath: &Path, most: u64) -> io::Result<(Vec<u8>, FileStamp)> {
        read_open(self.file(beneath)?, most)
    }

    #[cfg(target_os = "linux")]
    fn file(&self, beneath: &Path) -> io::Result<File> {
        use rustix::fs::{ResolveFlags, openat, openat2};
        let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
        match openat2(&self.folder, beneath, FLAGS, Mode::empty(), resolve) {
            // Before Linux 5.6, and where a sandbox does not know the call.
            Err(Errno::NOSYS | Errno::PERM) => Ok(File::from(openat(&self.folder, beneath, FLAGS, Mode::empty())?)),
            opened => Ok(File::from(opened?)),
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn file(&self, beneath: &Path) -> io::Result<File> {
        Ok(File::from(rustix::fs::openat(&self.folder, beneath, FLAGS, Mode::empty())?))
    }
}

fn read_open(file: File, most: u64) -> io::Result<(Vec<u8>, FileStamp)> {
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    let mut bytes = Vec::new();
    file.take(most).read_to_end(&mut bytes)?;
    Ok((bytes, FileStamp::of(&metadata)))
}

/// A whole regular file of at most so many bytes.
pub fn read_file(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let (bytes, stamp) = read(path, most.saturating_add(1))?;
    match stamp.len > most || bytes.len() as u64 > most {
        true => Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("it has more than {most} bytes"))),
        false => Ok(bytes),
    }
}

/// Nothing is waited for: neither a pipe's writer, nor who holds a lease on the file.
const FLAGS: OFlags = OFlags::RDONLY.union(OFlags::NONBLOCK).union(OFlags::NOCTTY).union(OFlags::CLOEXEC);

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// Between the look and the opening, somebody puts a link there.
    #[cfg(target_os = "linux")]
    #[test]
    fn nothing_outside_is_opened_though_it_is_linked_to() {
        let (unit, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(outside.path().join("secret"), "x").unwrap();
        fs::create_dir(unit.path().join("cases")).unwrap();
        fs::write(unit.path().join("cases/secret"), "y").unwrap();
        let home = Home::open(unit.path()).unwrap();
        assert_eq!(home.read(Path::new("cases/secret"), 9).unwrap().0, b"y");
        fs::remove_dir_all(unit.path().join("cases")).unwrap();
        symlink(outside.path(), unit.path().join("cases")).unwrap();
        assert!(home.read(Path::new("cases/secret"), 9).is_err());
        symlink(outside.path().join("secret"), unit.path().join("main.rhai")).unwrap();
        assert!(home.stamp(Path::new("main.rhai")).is_err());
        assert!(home.read(Path::new("../secret"), 9).is_err());
    }
}
