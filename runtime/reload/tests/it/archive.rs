//! The archive has an end: what changes all the time fills no disk, and costs no other unit its way back.

use std::collections::HashSet;
use std::fs;
use std::os::unix::fs::MetadataExt as _;

use amprule_reload::{Order, Verb, Watching};

use crate::fixture::{Fixture, GOOD, tariff};

const NOBODY: fn() -> Option<HashSet<String>> = || Some(HashSet::new());

fn started(fixture: &Fixture) -> Watching {
    fixture.start_with(Box::new(NOBODY))
}

fn of_unit(id: &str, revision: u32) -> String {
    GOOD.replace("\"tou\"", &format!("\"{id}\"")).replace("1.0.0", &format!("1.{revision}.0"))
}

/// Saves a version and waits until it is active.
fn change(fixture: &Fixture, id: &str, revision: u32, code: &str) -> String {
    fixture.folder(&format!("scripts/{id}"), &of_unit(id, revision), code);
    let version = format!("1.{revision}.0");
    let is_active = || fixture.registry.active(id).is_some_and(|active| active.manifest.version == version);
    fixture.until("the change is active", is_active);
    fixture.hash(id).expect("it is active")
}

/// Those that are whole, and those of which a trace is left.
fn kept(fixture: &Fixture) -> (HashSet<String>, HashSet<String>) {
    let entries = fs::read_dir(fixture.path("data/archive")).expect("there is an archive").flatten();
    let folders = entries.filter(|entry| entry.file_name().len() == 64 && entry.path().is_dir());
    let named = folders.map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.path()));
    let (traces, whole): (Vec<_>, Vec<_>) =
        named.partition(|(_, path)| fs::read_dir(path).is_ok_and(|files| files.count() == 1));
    let hashes = |of: Vec<(String, _)>| of.into_iter().map(|(hash, _)| hash).collect();
    (hashes(whole), hashes(traces))
}

#[test]
fn a_unit_that_changes_all_the_time_makes_room_by_its_own_versions() {
    let fixture = Fixture::with(|settings| settings.archive_unit_most = 3);
    let watching = started(&fixture);
    let calm = [1, 2].map(|revision| change(&fixture, "calm", revision, &tariff("0.10")));
    let mut restless = Vec::new();
    for revision in 1..9 {
        restless.push(change(&fixture, "restless", revision, &tariff("0.20")));
    }
    let newest = HashSet::from_iter(calm.into_iter().chain(restless.split_off(5)));
    fixture.until("the old ones are gone", || kept(&fixture).0 == newest);
    let back = Order { id: "restless".to_owned(), verb: Verb::Rollback };
    watching.order(back).expect("the version before is there");
    watching.stop();
}

#[test]
fn what_a_session_is_pinned_to_an_operator_holds_or_is_the_way_back_stays() {
    let fixture = Fixture::with(|settings| settings.archive_unit_most = 1);
    fixture.folder("scripts/tou", &of_unit("tou", 1), &tariff("0.10"));
    // The session began with what is there first.
    let pinned = std::sync::Arc::new(parking_lot::Mutex::new(HashSet::new()));
    let asked = std::sync::Arc::clone(&pinned);
    let watching = fixture.start_with(Box::new(move || Some(asked.lock().clone())));
    let first = fixture.hash("tou").expect("it is active");
    pinned.lock().insert(first.clone());
    let later: Vec<String> = (2..6).map(|revision| change(&fixture, "tou", revision, &tariff("0.20"))).collect();
    let needed = HashSet::from([first, later[2].clone(), later[3].clone()]);
    fixture.until("what nobody needs is gone", || kept(&fixture).0 == needed);
    watching.stop();
}

/// Each version comes under another id, in the same folder.
#[test]
fn units_that_come_and_go_leave_a_trace_and_no_bytes() {
    let fixture = Fixture::with(|settings| settings.archive_bytes = 64 << 10);
    let watching = started(&fixture);
    let code = |number: u32| format!("// {}\n{}", "x".repeat(30 << 10), tariff(&format!("0.{number}")));
    let mut came = Vec::new();
    for number in 10..15 {
        let id = format!("unit-{number}");
        fixture.folder("scripts/one", &of_unit(&id, 1), &code(number));
        fixture.until("it is active", || fixture.hash(&id).is_some());
        came.extend(fixture.hash(&id));
    }
    fixture.until("traces are left", || kept(&fixture).1.len() == 4);
    let (whole, traces) = kept(&fixture);
    assert!(whole.contains(&came[4]) && traces.contains(&came[0]));
    watching.stop();

    let fixture = fixture.restarted();
    let watching = started(&fixture);
    // What comes back asks for more than is known of what was there.
    fixture.folder("scripts/one", &of_unit("unit-10", 2), &tariff("0.90"));
    let waits = || fixture.error("unit-14").is_some_and(|error| error.contains("the archive does not have it"));
    fixture.until("its next version waits for an operator", waits);
    fixture.folder("scripts/one", &of_unit("unit-10", 1), &code(10));
    fixture.until("the version itself is let in", || fixture.hash("unit-10").as_ref() == Some(&came[0]));
    assert!(kept(&fixture).0.contains(&came[0]), "it is whole again");
    watching.stop();
}

#[test]
fn what_did_not_change_takes_its_room_once() {
    let fixture = Fixture::with(|settings| settings.archive_unit_bytes = 400 << 10);
    let watching = started(&fixture);
    let code = format!("// {}\n{}", "x".repeat(300 << 10), tariff("0.10"));
    let all: HashSet<String> = (1..6).map(|revision| change(&fixture, "tou", revision, &code)).collect();
    watching.order(Order { id: "tou".to_owned(), verb: Verb::Pin }).expect("it is active");
    assert_eq!(kept(&fixture).0, all);
    let files = all.iter().map(|hash| fs::metadata(fixture.path("data/archive").join(hash).join("main.rhai")));
    let files: HashSet<u64> = files.map(|metadata| metadata.expect("it is there").ino()).collect();
    assert_eq!(files.len(), 1);
    watching.stop();
}
