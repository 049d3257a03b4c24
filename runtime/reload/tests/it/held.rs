//! What an operator holds stays, whatever becomes of its files.

use std::fs;

use crate::fixture::{Fixture, GOOD, tariff};
use amprule_reload::{Order, Refused, Verb, Watching};

fn order(watching: &Watching, verb: Verb) -> Result<(), Refused> {
    watching.order(Order { id: "tou".to_owned(), verb })
}

/// What becomes of the files of the unit `tou`, which is held.
type Fate = fn(&Fixture);

const FATES: [(&str, Fate, &str); 4] = [
    ("the folder goes", gone, "its files are gone"),
    ("the manifest breaks", broken, "id must be a text"),
    ("another unit takes the folder", another, "its files are gone"),
    ("other files come at another place", elsewhere, "its files are gone"),
];

fn gone(fixture: &Fixture) {
    fs::remove_dir_all(fixture.path("scripts/tou")).expect("it is there");
}

fn broken(fixture: &Fixture) {
    fixture.save("scripts/tou/plugin.toml", "id = 7");
}

fn another(fixture: &Fixture) {
    fixture.folder("scripts/tou", &GOOD.replace("\"tou\"", "\"other\""), &tariff("0.90"));
}

fn elsewhere(fixture: &Fixture) {
    gone(fixture);
    fixture.folder("scripts/moved", GOOD, &tariff("0.40"));
}

#[test]
fn a_unit_that_is_held_stays_whatever_becomes_of_its_files_also_after_a_restart() {
    for (what, fate, says) in FATES {
        let fixture = Fixture::new();
        fixture.folder("scripts/tou", GOOD, &tariff("0.30"));
        let watching = fixture.start();
        order(&watching, Verb::Pin).expect("it is active");
        let held = fixture.hash("tou");
        assert_eq!(fixture.registry.unit("tou").and_then(|view| view.held), held, "everybody may see it");
        fate(&fixture);
        fixture.until(what, || {
            fixture.error("tou").is_some_and(|error| error.contains(says)) || fixture.hash("other").is_some()
        });
        assert_eq!(fixture.hash("tou"), held, "{what}");
        watching.stop();

        let again = fixture.restarted();
        let watching = again.start();
        assert_eq!(again.hash("tou"), held, "{what}: a restart changes nothing");
        assert!(again.error("tou").is_some(), "{what}: why its files do not count");
        watching.look();
        order(&watching, Verb::Unpin).expect("it is held");
        again.until("the files count again", || again.hash("tou") != held || what == "the manifest breaks");
        assert_eq!(again.registry.unit("tou").and_then(|view| view.held), None, "{what}");
        assert!(matches!(order(&watching, Verb::Unpin), Err(Refused::Impossible(_) | Refused::Unknown(_))), "{what}");
    }
}

#[test]
fn files_that_come_back_are_those_of_the_unit_that_is_held() {
    let fixture = Fixture::new();
    fixture.folder("scripts/tou", GOOD, &tariff("0.30"));
    let watching = fixture.start();
    order(&watching, Verb::Pin).unwrap();
    let held = fixture.hash("tou");
    gone(&fixture);
    fixture.until("it says so", || fixture.error("tou").is_some());
    fixture.folder("scripts/back", GOOD, &tariff("0.30"));
    fixture.until("nothing is odd any more", || fixture.error("tou").is_none());
    assert_eq!(fixture.hash("tou"), held);
    order(&watching, Verb::Unpin).unwrap();
    assert_eq!(fixture.hash("tou"), held, "its files are there");
}

#[test]
fn a_version_that_is_held_and_quarantined_does_not_come_back_at_a_restart() {
    for folder_goes in [false, true] {
        let fixture = Fixture::new();
        fixture.folder("scripts/tou", GOOD, &tariff("0.30"));
        let watching = fixture.start();
        let good = fixture.hash("tou");
        fixture.folder("scripts/tou", GOOD, &tariff("0.40"));
        fixture.until("the new price", || fixture.price().as_deref() == Some("0.40"));
        order(&watching, Verb::Pin).unwrap();
        fixture.fail_every_call();
        assert_eq!(fixture.hash("tou"), good, "it failed on probation, held or not");
        if folder_goes {
            gone(&fixture);
            fixture.until("it says so", || fixture.error("tou").is_some_and(|error| error.contains("files are gone")));
        }
        watching.stop();

        let again = fixture.restarted();
        let _watching = again.start();
        assert_eq!(again.hash("tou"), good, "the folder goes: {folder_goes}");
    }
}
