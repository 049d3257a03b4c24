//! Where the revisions are kept: `revisions.json` in the data folder.
//!
//! The server and the command line may write at the same time, so a change is made under a lock and read again before.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use crate::revisions::Revisions;
use crate::unit_folder::read_regular;

/// Enough for as many units as are remembered.
const MAX_BYTES: u64 = 4 << 20;

#[derive(Debug, Clone)]
pub struct Ledger {
    folder: PathBuf,
}

impl Ledger {
    pub fn of(data: &Path) -> Self {
        Self { folder: data.to_owned() }
    }

    pub fn path(&self) -> PathBuf {
        self.folder.join("revisions.json")
    }

    /// Without the file no revision is known; one that cannot be read is an error, or spoiling it would allow a downgrade.
    pub fn read(&self) -> io::Result<Revisions> {
        match read_regular(&self.path(), MAX_BYTES) {
            Ok(bytes) => Ok(serde_json::from_slice(&bytes)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Revisions::default()),
            Err(error) => Err(error),
        }
    }

    /// Durable when it returns.
    pub fn change<T>(&self, change: impl FnOnce(&mut Revisions) -> T) -> io::Result<T> {
        let mut lock = OpenOptions::new();
        // Not waited for, should it be a pipe.
        lock.create(true).truncate(false).write(true).custom_flags(OFlags::NONBLOCK.bits().cast_signed());
        let lock = lock.open(self.folder.join("revisions.lock"))?;
        lock.lock()?;
        let before = self.read()?;
        let mut revisions = before.clone();
        let outcome = change(&mut revisions);
        if revisions != before {
            self.write(&revisions)?;
        }
        Ok(outcome)
    }

    fn write(&self, revisions: &Revisions) -> io::Result<()> {
        let new = self.folder.join("revisions.new");
        drop(fs::remove_file(&new));
        let mut file = File::create_new(&new)?;
        file.write_all(&serde_json::to_vec_pretty(revisions)?)?;
        file.sync_all()?;
        fs::rename(&new, self.path())?;
        File::open(&self.folder)?.sync_all()
    }
}
