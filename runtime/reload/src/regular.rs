//! Opens a regular file and nothing else. A pipe, a socket or a device that has a unit's file's name would be waited for,
//! perhaps for ever; it is refused without waiting.

use std::fs::{File, Metadata};
use std::io::{self, Read as _};
use std::path::Path;
use std::time::SystemTime;

use rustix::fs::{Mode, OFlags};

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
    let file = File::from(rustix::fs::open(path, FLAGS, Mode::empty())?);
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
