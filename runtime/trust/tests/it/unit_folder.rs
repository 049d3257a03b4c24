//! What lies in a unit's folder leads nobody out of it.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use amprule_trust::UnitFolder;

const VICTIM: &str = "not the unit's";

fn pipe(at: &Path) {
    assert!(Command::new("mkfifo").arg(at).status().unwrap().success());
}

/// (what lies there, what is written, why it is not; nothing: it is)
type Writing = (&'static str, fn(unit: &Path, outside: &Path), &'static str, &'static str);

const WRITINGS: [Writing; 11] = [
    ("nothing", |_, _| (), "contents.json", ""),
    ("no folder", |_, _| (), "cases/one.json", ""),
    ("no folder of a folder", |_, _| (), "target/bindings/door.c", ""),
    (
        "a link above the folder",
        |unit, out| symlink(out, unit.join("target")).unwrap(),
        "target/bindings/door.c",
        "leads out",
    ),
    ("a file", |unit, _| fs::write(unit.join("contents.json"), "old").unwrap(), "contents.json", ""),
    ("a pipe", |unit, _| pipe(&unit.join("contents.json")), "contents.json", ""),
    (
        "a link where it was written first",
        |unit, out| symlink(out.join("victim"), unit.join(".contents.json.new")).unwrap(),
        "contents.json",
        "",
    ),
    ("a link", |unit, out| symlink(out.join("victim"), unit.join("plugin.wasm")).unwrap(), "plugin.wasm", "leads out"),
    (
        "a link to nothing",
        |unit, out| symlink(out.join("new"), unit.join("plugin.wasm")).unwrap(),
        "plugin.wasm",
        "No such",
    ),
    ("a link for the folder", |unit, out| symlink(out, unit.join("cases")).unwrap(), "cases/one.json", "leads out"),
    (
        "a link within",
        |unit, _| {
            fs::create_dir(unit.join("data")).unwrap();
            symlink("data", unit.join("cases")).unwrap();
        },
        "cases/one.json",
        "",
    ),
];

#[test]
fn what_is_written_lands_in_the_unit_or_nowhere() {
    for (what, prepare, name, says) in WRITINGS {
        let (unit, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(outside.path().join("victim"), VICTIM).unwrap();
        prepare(unit.path(), outside.path());
        let written = UnitFolder::open(unit.path()).unwrap().write(name, b"new");
        match written {
            Ok(()) => {
                assert_eq!(says, "", "{what}");
                assert_eq!(fs::read(unit.path().join(name)).unwrap(), b"new", "{what}");
            }
            Err(error) => assert!(!says.is_empty() && error.to_string().contains(says), "{what}: {error}"),
        }
        assert_eq!(fs::read_to_string(outside.path().join("victim")).unwrap(), VICTIM, "{what}");
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 1, "{what}: something was put there");
    }
}

#[test]
fn what_is_read_is_a_file_of_the_unit() {
    let (unit, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::write(outside.path().join("victim"), VICTIM).unwrap();
    fs::write(unit.path().join("file"), "mine").unwrap();
    symlink(unit.path().join("file"), unit.path().join("within")).unwrap();
    symlink(outside.path().join("victim"), unit.path().join("out")).unwrap();
    symlink(outside.path(), unit.path().join("tables")).unwrap();
    symlink("/dev/zero", unit.path().join("endless")).unwrap();
    pipe(&unit.path().join("pipe"));
    let folder = UnitFolder::open(unit.path()).unwrap();
    for (name, says) in [
        ("file", "mine"),
        ("within", "mine"),
        ("out", "leads out"),
        ("tables/victim", "leads out"),
        ("../victim", "No such"),
        ("endless", "leads out"),
        ("pipe", "not a regular file"),
        ("none", "No such"),
    ] {
        let read = folder.read(name, 9).map(|bytes| String::from_utf8(bytes).unwrap());
        let told = read.unwrap_or_else(|error| error.to_string());
        assert!(told.contains(says) && !told.contains(VICTIM), "{name}: {told}");
    }
    assert!(folder.read("file", 3).unwrap_err().to_string().contains("more than 3 bytes"));
    assert!(folder.list("tables").unwrap_err().to_string().contains("leads out"));
    assert!(folder.has("out") && !folder.has("none"));
}
