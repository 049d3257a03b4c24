//! A unit that is given as files is the one that the server would read of a folder with them.

use std::collections::BTreeMap;
use std::fs;

use amprule_reload::{read_unit, source_of};

use crate::fixture::{GOOD, tariff};

/// (a file, is it read)
const FILES: [(&str, bool); 19] = [
    ("help.rhai", true),
    ("lib/help.rhai", true),
    ("a/b/c/d/help.rhai", true),
    ("a/b/c/d/e/help.rhai", false),
    ("srcs/help.rhai", true),
    ("src/help.rhai", false),
    ("lib/src/help.rhai", false),
    ("target/help.rhai", false),
    ("node_modules/x/help.rhai", false),
    ("src.rhai", true),
    ("cases/one.json", true),
    ("cases/src/one.json", false),
    ("cases/#one.json", false),
    ("cases/.one.json", false),
    (".git/help.rhai", false),
    ("lib~/help.rhai", false),
    ("lib.bak/help.rhai", false),
    ("lib.tmp/help.rhai", false),
    ("notes.txt", false),
];

#[test]
fn a_file_that_a_folder_would_not_be_read_with_is_no_units() {
    for (name, is_read) in FILES {
        let folder = tempfile::tempdir().expect("make a folder");
        let files = [("plugin.toml", GOOD), ("main.rhai", &tariff("0.30")), (name, "[]")];
        for (name, text) in files {
            let file = folder.path().join(name);
            fs::create_dir_all(file.parent().expect("a folder")).expect("make a folder");
            fs::write(file, text).expect("write a file");
        }
        let read = read_unit(folder.path()).expect("it is a unit");
        assert_eq!(read.files.contains_key(name), is_read, "{name}");
        let given = files.map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec()));
        match source_of("tou", BTreeMap::from(given)) {
            Ok(given) => assert!(is_read && given.hash == read.hash, "{name} was taken in"),
            Err(found) => assert!(!is_read && found[0].file.as_deref() == Some(name), "{name}: {found:?}"),
        }
    }
}
