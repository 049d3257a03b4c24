//! The data folder: where the database lies, and the lock that keeps a second server out.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use crate::error::OpenError;

pub(crate) const DATABASE: &str = "amprule.db";
const LOCK: &str = "amprule.lock";

/// A folder that is ours until this is dropped or the process ends, in whatever way.
pub(crate) struct Folder {
    pub(crate) database: PathBuf,
    _lock: File,
}

impl Folder {
    /// Makes the folder if it is missing, and takes it.
    pub(crate) fn claim(path: &Path) -> Result<Self, OpenError> {
        let refused = |source| OpenError::Folder { path: path.to_owned(), source };
        fs::create_dir_all(path).map_err(refused)?;
        let mut lock = private(&path.join(LOCK)).map_err(refused)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(OpenError::InUse { path: path.to_owned(), holder: holder(&mut lock) });
            }
            Err(TryLockError::Error(source)) => return Err(refused(source)),
        }
        sign(&mut lock).map_err(refused)?;
        let database = path.join(DATABASE);
        private(&database).map_err(refused)?;
        Ok(Self { database, _lock: lock })
    }
}

/// Opens or makes a file that only this user can read: password hashes and tokens are in it.
fn private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn sign(lock: &mut File) -> io::Result<()> {
    lock.set_len(0)?;
    write!(lock, "{}", std::process::id())
}

fn holder(lock: &mut File) -> String {
    let mut text = String::new();
    let read = lock.rewind().and_then(|()| lock.take(16).read_to_string(&mut text));
    if read.is_err() || text.is_empty() { "unknown".to_owned() } else { text }
}
