//! What whoever may write into a unit's folder puts there: nothing of it is written through, waited for or read without end.

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use amprule_feeds::Roots;

use crate::server::{Answer, Server};
use crate::{TABLE, World, feed, start_in};

const VICTIM: &str = "not the unit's";

/// (what lies there, what is told; nothing: the table is loaded all the same)
type Harm = (&'static str, fn(unit: &Path, outside: &Path), &'static str);

const HARMS: [Harm; 11] = [
    ("a link where it was written first", |unit, outside| link(outside, &unit.join("tables/prices.new")), ""),
    ("a pipe where it was written first", |unit, _| pipe(&unit.join("tables/prices.new")), ""),
    ("a link that looks like a leftover", |unit, outside| link(outside, &unit.join("tables/.prices.csv.1.new")), ""),
    (
        "a folder that looks like a leftover",
        |unit, _| fs::create_dir(unit.join("tables/.prices.csv.1.new")).unwrap(),
        "",
    ),
    ("a pipe for the table", |unit, _| pipe(&unit.join("tables/prices.csv")), ""),
    ("a table without end", |unit, _| sparse(&unit.join("tables/prices.csv")), ""),
    ("a link for the table", |unit, outside| link(outside, &unit.join("tables/prices.csv")), "prices.csv is a link"),
    (
        "a link to nothing",
        |unit, outside| symlink(outside.join("new"), unit.join("tables/prices.csv")).unwrap(),
        "is a link",
    ),
    (
        "a folder for the table",
        |unit, _| fs::create_dir_all(unit.join("tables/prices.csv/x")).unwrap(),
        "cannot be written",
    ),
    ("a link for the folder", |unit, outside| instead(unit, outside), "a link that leads out of the unit's folder"),
    ("a file for the folder", |unit, _| file_instead(unit), "cannot be used"),
];

fn link(outside: &Path, at: &Path) {
    symlink(outside.join("victim"), at).unwrap();
}

fn pipe(at: &Path) {
    assert!(Command::new("mkfifo").arg(at).status().unwrap().success());
}

fn sparse(at: &Path) {
    File::create(at).unwrap().set_len(3 << 30).unwrap();
}

fn instead(unit: &Path, outside: &Path) {
    fs::remove_dir(unit.join("tables")).unwrap();
    symlink(outside, unit.join("tables")).unwrap();
}

fn file_instead(unit: &Path) {
    fs::remove_dir(unit.join("tables")).unwrap();
    fs::write(unit.join("tables"), "").unwrap();
}

fn among(prepare: impl FnOnce(&Path), server: &Server) -> World {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("tables")).unwrap();
    prepare(folder.path());
    start_in(folder, feed(server.address()), &Roots::System, "")
}

#[test]
fn nothing_outside_is_touched_and_what_cannot_be_written_is_told() {
    for (what, prepare, says) in HARMS {
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("victim"), VICTIM).unwrap();
        let server = Server::start(vec![Answer::ok(TABLE)]);
        let world = among(|unit| prepare(unit, outside.path()), &server);
        let trouble = world.after(2).trouble;
        match says {
            "" => assert_eq!((world.text().as_str(), trouble), (TABLE, None), "{what}"),
            says => assert!(trouble.as_ref().is_some_and(|why| why.contains(says)), "{what}: {trouble:?}"),
        }
        assert_eq!(fs::read_to_string(outside.path().join("victim")).unwrap(), VICTIM, "{what}");
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 1, "{what}: something was put there");
    }
}

/// A link for the folder counts when it leads to a place within the unit.
#[test]
fn tables_may_lie_elsewhere_in_the_unit() {
    let server = Server::start(vec![Answer::ok(TABLE)]);
    let world = among(
        |unit| {
            fs::rename(unit.join("tables"), unit.join("data")).unwrap();
            symlink("data", unit.join("tables")).unwrap();
        },
        &server,
    );
    assert_eq!(world.after(1).trouble, None);
    assert_eq!(world.text(), TABLE);
    assert_eq!(fs::read_dir(world.folder.path().join("data")).unwrap().count(), 1, "nothing is left beside it");
}

/// What could not be written is asked for again as a whole, though the address says that it is the same.
#[test]
fn what_was_not_written_is_not_taken_for_what_is_there() {
    let server = Server::start(vec![Answer::ok(TABLE).tagged("\"a1\""), Answer::ok(TABLE)]);
    let world = among(|unit| fs::create_dir_all(unit.join("tables/prices.csv/x")).unwrap(), &server);
    assert!(world.after(2).trouble.is_some());
    assert!(server.questions().iter().all(|question| !question.contains_key("if-none-match")));
}
