//! What is written is there whole or not at all, for its owner's eyes.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Made where it is not there.
pub(crate) fn folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Nothing is left in it.
pub(crate) fn empty(path: &Path) -> io::Result<()> {
    for entry in fs::read_dir(path)? {
        fs::remove_file(entry?.path())?;
    }
    Ok(())
}

/// A file that was written and synced takes its place.
pub(crate) fn place(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)?;
    sync_folder(to)
}

/// Written beside it first.
pub(crate) fn write(path: &Path, beside: &Path, what: &impl Serialize) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(beside)?;
    file.write_all(&serde_json::to_vec(what)?)?;
    file.sync_all()?;
    place(beside, path)
}

/// It is gone when this returns, whether it was there or not.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(()) => sync_folder(path),
    }
}

fn sync_folder(of: &Path) -> io::Result<()> {
    File::open(of.parent().unwrap_or(of))?.sync_all()
}

/// What is told of files in this folder, `NAME.json` each. What cannot be read is logged and left out.
pub(crate) fn read_all<T: DeserializeOwned>(folder: &Path) -> io::Result<Vec<T>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_none_or(|ending| ending != "json") {
            continue;
        }
        match fs::read(&path).and_then(|bytes| Ok(serde_json::from_slice(&bytes)?)) {
            Ok(read) => found.push(read),
            Err(error) => {
                tracing::error!(path = %path.display(), %error, "what is known of a file cannot be read; the file is not served");
            }
        }
    }
    Ok(found)
}

/// Contents of which nothing is told are what a crash left behind.
pub(crate) fn sweep(contents: &Path, told: &Path) -> io::Result<()> {
    for entry in fs::read_dir(contents)? {
        let entry = entry?;
        if !told.join(format!("{}.json", entry.file_name().to_string_lossy())).exists() {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}
