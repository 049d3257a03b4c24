//! A folder takes another's place whole.

use std::fs;
use std::path::Path;

use amprule_trust::StagedFolder;

use crate::fixture::{Files, MANIFEST, plain};

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn a_new_folder_appears_and_an_old_one_is_replaced_whole() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("scripts/tou");
    let files: Files = plain(MANIFEST);
    StagedFolder::write(&target, &files, 1).unwrap().swap().unwrap();
    assert_eq!(names(&target), ["cases", "main.rhai", "plugin.toml"]);
    let other = Files::from([("plugin.toml".to_owned(), b"new".to_vec())]);
    StagedFolder::write(&target, &other, 2).unwrap().swap().unwrap();
    assert_eq!(names(&target), ["plugin.toml"]);
    assert_eq!(fs::read(target.join("plugin.toml")).unwrap(), b"new");
    assert_eq!(names(&folder.path().join("scripts")), ["tou"], "nothing is left beside it");
}

#[test]
fn who_gives_up_leaves_everything_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("tou");
    let beside = StagedFolder::write(&target, &plain(MANIFEST), 1).unwrap();
    assert!(beside.folder().file_name().unwrap().to_string_lossy().starts_with('.'), "the watcher must not see it");
    assert!(StagedFolder::write(&target, &plain(MANIFEST), 1).is_err(), "two of one mark do not mix");
    drop(beside);
    assert!(names(folder.path()).is_empty());
}
