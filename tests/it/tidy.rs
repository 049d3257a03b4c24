//! The invariants of runtime/ARCHITECTURE.md. Each failure says what to do instead.

mod dependencies;
mod licences;
mod sources;

use std::path::Path;

use amprule_tests::folders;

/// A text file of the repository: its path from the top, with `/`, and its content.
struct File {
    path: String,
    text: String,
}

fn repository(extensions: &[&str]) -> Vec<File> {
    let root = folders::root();
    let wanted = |path: &Path| path.extension().is_some_and(|found| extensions.iter().any(|wanted| *wanted == found));
    folders::files(&root).into_iter().filter(|path| wanted(path)).map(|path| File::read(&root, &path)).collect()
}

impl File {
    fn read(root: &Path, path: &Path) -> Self {
        let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("read {}: {error}", path.display()));
        let path =
            path.strip_prefix(root).expect("the file lies in the repository").to_string_lossy().replace('\\', "/");
        Self { path, text }
    }

    fn is_below(&self, folders: &[&str]) -> bool {
        folders.iter().any(|folder| self.path.starts_with(folder))
    }
}

/// Fails with all findings and the one sentence that helps.
fn none(findings: &[String], instead: &str) {
    assert!(findings.is_empty(), "{instead}\n  {}", findings.join("\n  "));
}
