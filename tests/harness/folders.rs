//! Where things lie in the repository.

use std::path::{Path, PathBuf};

/// The repository's top folder.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests lie in the repository").to_path_buf()
}

pub fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// Copies a folder with all that is in it.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("make a folder of the test");
    let entries = std::fs::read_dir(from).unwrap_or_else(|error| panic!("read {}: {error}", from.display()));
    for entry in entries {
        let entry = entry.expect("read a folder's entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("copy a file of the test");
        }
    }
}

/// Every file below a folder, hidden ones and build output left out.
pub fn files(below: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let entries = std::fs::read_dir(below).unwrap_or_else(|error| panic!("read {}: {error}", below.display()));
    for entry in entries {
        let path = entry.expect("read a folder's entry").path();
        let name = path.file_name().expect("an entry has a name").to_string_lossy().into_owned();
        if name.starts_with('.') || name == "target" || name == "amprule-data" {
            continue;
        }
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Saves as careful editors do: a new file beside the old one, then a rename over it.
pub fn save(path: &Path, content: impl AsRef<[u8]>) {
    let beside = path.with_extension("saving~");
    std::fs::write(&beside, content).unwrap_or_else(|error| panic!("write {}: {error}", beside.display()));
    std::fs::rename(&beside, path).unwrap_or_else(|error| panic!("rename to {}: {error}", path.display()));
}
