//! Whose id it is, what stands at a place in its unit's stead, and what its files are while somebody writes them.

use std::fs;

use crate::fixture::{Fixture, GOOD, tariff};
use amprule_reload::{Order, Verb};

fn is_double(fixture: &Fixture) -> bool {
    let errors = fixture.registry.units().into_iter().filter_map(|unit| unit.last_error);
    errors.into_iter().any(|error| error.text.contains("two units have the id"))
}

/// A copy comes first in the alphabet, and last in time.
#[test]
fn a_copy_takes_over_no_id_also_at_a_restart() {
    let fixture = Fixture::new();
    fixture.folder("scripts/tou", GOOD, &tariff("0.30"));
    let watching = fixture.start();
    fixture.folder("scripts/aaa", &GOOD.replace("1.0.0", "6.6.6"), &tariff("66.60"));
    fixture.until("the copy is refused", || is_double(&fixture));
    watching.stop();

    let second = fixture.restarted();
    let watching = second.start();
    assert_eq!(second.price().as_deref(), Some("0.30"), "whoever had the id has it");
    assert!(is_double(&second));
    fs::remove_dir_all(second.path("scripts/tou")).expect("it is there");
    second.until("the copy is the unit now", || second.price().as_deref() == Some("66.60"));
    watching.stop();
}

#[test]
fn two_places_that_change_their_ids_while_the_server_is_down_are_what_they_are_now() {
    let fixture = Fixture::new();
    let other = GOOD.replace("\"tou\"", "\"other\"");
    fixture.folder("scripts/one", GOOD, &tariff("0.30"));
    fixture.folder("scripts/two", &other, &tariff("0.40"));
    fixture.start().stop();
    fixture.folder("scripts/one", &other, &tariff("0.40"));
    fixture.folder("scripts/two", GOOD, &tariff("0.30"));
    let second = fixture.restarted();
    let watching = second.start();
    second.until("both are there", || second.error("tou").is_none() && second.error("other").is_none());
    assert!(second.hash("tou").is_some() && second.hash("other").is_some());
    watching.stop();
}

/// What stood at a place before says nothing of another unit that comes there.
#[test]
fn a_unit_that_comes_back_at_anothers_place_is_held_against_its_own_past() {
    let fixture = Fixture::new();
    fixture.folder("scripts/tou", GOOD, &tariff("0.30"));
    let other = GOOD.replace("\"tou\"", "\"other\"");
    fixture.folder("scripts/other", &other, &tariff("0.40"));
    let watching = fixture.start();
    fs::remove_dir_all(fixture.path("scripts/tou")).expect("it is there");
    fixture.until("it is gone", || fixture.hash("tou").is_none());
    let asks_more = GOOD.replace("[parameters", "capabilities = { log = \"says why\" }\n[parameters");
    fixture.folder("scripts/other", &asks_more, &tariff("0.50"));
    let waits = || fixture.error("other").is_some_and(|error| error.contains("the capability \"log\""));
    fixture.until("it waits", waits);
    assert_eq!(fixture.hash("tou"), None);
    let hint = fixture.error("other").unwrap_or_default();
    let hash = hint.split("amprule approve tou ").nth(1).and_then(|rest| rest.get(..64)).expect("the hint says how");
    let verb = Verb::Approve { hash: hash.to_owned() };
    watching.order(Order { id: "tou".to_owned(), verb }).expect("it waits there");
    fixture.until("it is let in", || fixture.hash("tou").as_deref() == Some(hash));
}

/// (what becomes of a file, what is said, until it is mended)
type Fate = (fn(&Fixture), &'static str);

const FATES: [Fate; 5] = [
    (|fixture| fixture.save("scripts/tou/parameters.toml", ""), "the file is empty"),
    (|fixture| fixture.save("scripts/tou/parameters.toml", " \n\n"), "the file is empty"),
    (
        |fixture| {
            fs::remove_file(fixture.path("scripts/tou/parameters.toml")).expect("it is there");
            fs::create_dir(fixture.path("scripts/tou/parameters.toml")).expect("a folder");
        },
        "a folder, where a file is meant",
    ),
    (
        |fixture| fs::remove_file(fixture.path("scripts/tou/main.rhai")).expect("it is there"),
        "neither main.rhai nor plugin.wasm",
    ),
    (
        |fixture| {
            fs::rename(fixture.path("scripts/tou/main.rhai"), fixture.path("scripts/tou/tariff.rhai"))
                .expect("renamed");
        },
        "there is no main.rhai",
    ),
];

#[test]
fn a_file_that_is_emptied_or_gone_keeps_the_price_that_is_active() {
    for (fate, says) in FATES {
        let fixture = Fixture::new();
        fixture.folder("scripts/tou", GOOD, &tariff("parameter"));
        fixture.save("scripts/tou/main.rhai", &tariff("0.30"));
        fixture.save("scripts/tou/parameters.toml", "rate = \"0.20\"\n");
        let watching = fixture.start();
        let active = fixture.hash("tou");
        fate(&fixture);
        fixture.until(says, || fixture.error("tou").is_some_and(|error| error.contains(says)));
        assert_eq!(fixture.hash("tou"), active, "{says}");
        watching.stop();
        let again = fixture.restarted();
        let watching = again.start();
        assert_eq!(again.hash("tou"), active, "{says}: a restart changes nothing");
        fs::remove_dir_all(again.path("scripts/tou")).expect("it is there");
        again.folder("scripts/tou", GOOD, &tariff("0.30"));
        again.save("scripts/tou/parameters.toml", "rate = \"0.20\"\n");
        again.until("all is well", || again.error("tou").is_none() && again.hash("tou") == active);
        watching.stop();
    }
}

/// A server that was made newer refuses nothing that was active before.
#[test]
fn files_that_were_taken_in_by_earlier_rules_keep_them_and_new_ones_have_those_of_today() {
    let fixture = Fixture::new();
    fixture.folder("scripts/tou", GOOD, &tariff("0.30"));
    fixture.start().stop();
    let hash = fixture.hash("tou").expect("it is active");
    let origin = fixture.path(&format!("data/archive/{hash}/.origin.json"));
    let text = fs::read_to_string(&origin).expect("where it came from");
    assert!(text.contains("\"edition\":2"), "{text}");
    fs::write(&origin, text.replace(",\"edition\":2", "")).expect("as an earlier server wrote it");

    let second = fixture.restarted();
    let watching = second.start();
    let edition = || second.registry.active("tou").map(|version| version.manifest.edition);
    assert_eq!((second.hash("tou"), edition()), (Some(hash), Some(1)));
    second.save("scripts/tou/main.rhai", &tariff("0.40"));
    second.until("the new files", || second.price().as_deref() == Some("0.40"));
    assert_eq!(edition(), Some(2));
    watching.stop();
}

/// A built component may be away for the time of a build.
#[test]
fn a_component_that_is_built_anew_leaves_the_one_before_active() {
    let fixture = Fixture::new();
    fixture.save("plugins/tou/plugin.toml", GOOD);
    fixture.save("plugins/tou/src/lib.rs", "fn main() {}");
    fixture.save("plugins/tou/plugin.wasm", &tariff("0.30"));
    let _watching = fixture.start();
    assert_eq!(fixture.price().as_deref(), Some("0.30"));
    fs::remove_file(fixture.path("plugins/tou/plugin.wasm")).expect("it is there");
    fixture.until("it waits", || fixture.error("tou").is_some_and(|error| error.contains("no plugin.wasm yet")));
    assert_eq!(fixture.price().as_deref(), Some("0.30"));
    fixture.save_by_rename("plugins/tou/plugin.wasm", &tariff("0.40"));
    fixture.until("the new one", || fixture.price().as_deref() == Some("0.40"));
}

/// A file of another kind comes and goes, and the rest of the unit was never touched.
#[test]
fn what_was_wrong_is_forgotten_when_it_is_over() {
    let fixture = Fixture::new();
    fixture.folder("scripts/tou", GOOD, &tariff("0.30"));
    let _watching = fixture.start();
    std::thread::sleep(std::time::Duration::from_millis(2_100));
    fs::create_dir(fixture.path("scripts/tou/parameters.toml")).expect("a folder");
    fixture.until("it is told", || fixture.error("tou").is_some());
    fs::remove_dir(fixture.path("scripts/tou/parameters.toml")).expect("it is there");
    fixture.until("it is over", || fixture.error("tou").is_none());
    assert_eq!(fixture.price().as_deref(), Some("0.30"));
}
