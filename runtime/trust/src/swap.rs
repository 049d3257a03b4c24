//! Puts a unit's folder in another one's place at once: whoever looks sees the old one or the new one, whole.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// A folder beside the target, hidden from the watcher until it takes the target's place. Dropped before, it is removed.
#[derive(Debug)]
pub struct StagedFolder {
    folder: PathBuf,
    target: PathBuf,
}

impl StagedFolder {
    /// Writes the files to a folder beside the target. `mark` tells apart who does this at the same time.
    pub fn write(target: &Path, files: &BTreeMap<String, Vec<u8>>, mark: u32) -> io::Result<Self> {
        let name = target.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_string_lossy();
        let folder = target.with_file_name(format!(".install-{name}-{mark}"));
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::create_dir(&folder)?;
        let beside = Self { folder, target: target.to_owned() };
        for (name, bytes) in files {
            save(&beside.folder.join(name), bytes)?;
        }
        Ok(beside)
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The old folder, if there was one, is removed.
    pub fn swap(self) -> io::Result<()> {
        match fs::symlink_metadata(&self.target) {
            Ok(_) => exchange(&self.folder, &self.target)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => fs::rename(&self.folder, &self.target)?,
            Err(error) => return Err(error),
        }
        match self.target.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            Some(parent) => File::open(parent)?.sync_all(),
            None => Ok(()),
        }
    }
}

impl Drop for StagedFolder {
    fn drop(&mut self) {
        // After a swap it is the old folder that lies here, or nothing.
        drop(fs::remove_dir_all(&self.folder));
    }
}

/// In one step where the file system can; else there is a moment without the target, shorter than the watcher waits.
fn exchange(new: &Path, target: &Path) -> io::Result<()> {
    if exchange_at_once(new, target) {
        return Ok(());
    }
    let old = new.with_extension("old");
    fs::rename(target, &old)?;
    if let Err(error) = fs::rename(new, target) {
        fs::rename(&old, target)?;
        return Err(error);
    }
    fs::rename(&old, new)
}

#[cfg(any(target_os = "linux", target_os = "macos"))]
fn exchange_at_once(new: &Path, target: &Path) -> bool {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    renameat_with(CWD, new, CWD, target, RenameFlags::EXCHANGE).is_ok()
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn exchange_at_once(_: &Path, _: &Path) -> bool {
    false
}

fn save(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
