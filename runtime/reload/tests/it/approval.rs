//! An upgrade that asks for more waits for an operator's word.

use std::fs;

use crate::fixture::{Fixture, GOOD, tariff};
use amprule_hooks::registry::Stage;
use amprule_reload::{Order, Refused, Verb, Watching};

const MODEST: &str = r#"
id = "tou"
version = "1.0.0"
hooks = ["pricing"]
[limits]
memory_mib = 4
[parameters.key]
type = "text"
secret = true
default = "x"
"#;

fn approve(watching: &Watching, hash: &str) -> Result<(), Refused> {
    watching.order(Order { id: "tou".to_owned(), verb: Verb::Approve { hash: hash.to_owned() } })
}

/// The version that waits.
fn waiting(fixture: &Fixture) -> String {
    let versions = fixture.registry.unit("tou").expect("a unit").versions;
    versions.into_iter().find(|version| version.stage == Stage::Waiting).expect("one that waits").hash
}

/// What the manifest's change is said to ask for; `None`: nothing, and it is active at once.
fn check(from: &str, to: &str, expect: Option<&str>) {
    let fixture = Fixture::new();
    let code = "authorize\nprice 0.30";
    fixture.folder("scripts/tou", MODEST, code);
    let watching = fixture.start();
    let first = fixture.hash("tou");
    fixture.save("scripts/tou/plugin.toml", &MODEST.replace("1.0.0", "1.1.0").replace(from, to));
    let Some(expect) = expect else {
        return fixture.until(to, || fixture.hash("tou") != first);
    };
    fixture.until(to, || fixture.error("tou").is_some());
    let error = fixture.error("tou").expect("it says why");
    let says = format!("version 1.1.0 asks for more than the active 1.0.0: {expect}");
    assert!(error.contains(&says) && error.contains("amprule approve tou"), "{error}");
    assert_eq!(fixture.hash("tou"), first, "what was active stays");
    assert!(fixture.heard("extension.waiting"));
    assert_eq!(fixture.stages("tou"), ["probation", "waiting"]);
    assert!(fixture.gate.admitted.lock().len() == 1, "it has not taken its place");

    let hash = waiting(&fixture);
    assert!(error.contains(&format!("amprule approve tou {hash}")), "{error}");
    approve(&watching, &hash).expect("it waits");
    fixture.until("it is let in", || fixture.hash("tou") != first);
    assert_eq!(fixture.error("tou"), None);
    assert!(matches!(approve(&watching, &hash), Err(Refused::Impossible(_))), "there is nothing to approve any more");
}

#[test]
fn each_right_that_is_new_is_named() {
    for (from, to, expect) in [
        ("[\"pricing\"]", "[\"pricing\", \"authorization\"]", Some("the hook \"authorization\"")),
        ("[limits]", "[capabilities]\nlog = \"why not\"\n[limits]", Some("the capability \"log\" (why not)")),
        ("memory_mib = 4", "memory_mib = 8", Some("memory_mib 8 for each call, instead of 4")),
        ("memory_mib = 4", "", Some("memory_mib 32 for each call, instead of 4")),
        ("secret = true", "", Some("to show the parameter \"key\", which is secret now")),
    ] {
        check(from, to, expect);
    }
}

#[test]
fn what_asks_for_as_much_or_less_becomes_active_at_once() {
    for (from, to) in [
        ("1.1.0", "1.2.0"),
        ("memory_mib = 4", "memory_mib = 2\nfuel = 1000"),
        ("default = \"x\"", "default = \"y\"\n[parameters.other]\ntype = \"text\"\nsecret = true\ndefault = \"\""),
    ] {
        check(from, to, None);
    }
}

fn with_log(manifest: &str) -> String {
    manifest.replace("[parameters.rate]", "[capabilities]\nlog = \"why not\"\n[parameters.rate]")
}

#[test]
fn files_that_ask_for_more_wait_over_a_restart_and_so_does_their_approval() {
    let fixture = Fixture::new();
    fixture.folder("scripts/tou", GOOD, &tariff("0.30"));
    fixture.start().stop();
    fixture.folder("scripts/tou", &with_log(GOOD), &tariff("0.40"));

    let second = fixture.restarted();
    let watching = second.start();
    assert_eq!(second.price().as_deref(), Some("0.30"), "what was active goes on");
    assert!(second.error("tou").unwrap().contains("the capability \"log\""));
    approve(&watching, &waiting(&second)).unwrap();
    second.until("it is let in", || second.price().as_deref() == Some("0.40"));
    second.folder("scripts/tou", GOOD, &tariff("0.50"));
    second.until("a modest one", || second.price().as_deref() == Some("0.50"));
    watching.stop();

    let third = second.restarted();
    let _watching = third.start();
    third.folder("scripts/tou", &with_log(GOOD), &tariff("0.40"));
    third.until("the word holds for these files", || third.price().as_deref() == Some("0.40"));
}

#[test]
fn files_that_are_not_those_that_the_operator_saw_are_not_let_in() {
    let fixture = Fixture::new();
    fixture.folder("scripts/tou", GOOD, &tariff("0.30"));
    let watching = fixture.start();
    fixture.folder("scripts/tou", &with_log(GOOD), &tariff("0.40"));
    fixture.until("it waits", || fixture.error("tou").is_some_and(|error| error.contains("the capability")));
    let seen = waiting(&fixture);
    fixture.save("scripts/tou/main.rhai", &tariff("9.99"));
    fixture.until("the swapped files wait", || fixture.stages("tou").len() == 2 && waiting(&fixture) != seen);
    let swapped = waiting(&fixture);
    for wrong in [seen.as_str(), "", &seen[..12]] {
        match approve(&watching, wrong) {
            Err(Refused::Impossible(why)) => assert!(why.contains(wrong) && why.contains(&swapped), "{why}"),
            other => panic!("{wrong}: {other:?}"),
        }
    }
    assert_eq!(fixture.price().as_deref(), Some("0.30"));
    approve(&watching, &swapped).expect("they are what the operator has seen now");
    fixture.until("it is let in", || fixture.price().as_deref() == Some("9.99"));
}

#[test]
fn another_name_makes_an_upgrade_no_first_version() {
    let fixture = Fixture::new();
    fixture.folder("scripts/tou", GOOD, &tariff("0.30"));
    fixture.start().stop();
    fs::rename(fixture.path("scripts/tou"), fixture.path("scripts/renamed")).unwrap();
    fixture.folder("scripts/renamed", &with_log(GOOD), &tariff("0.40"));
    let second = fixture.restarted();
    second.start().stop();
    assert!(second.error("tou").unwrap().contains("the capability \"log\""), "{:?}", second.error("tou"));
    let third = second.restarted();
    third.start().stop();
    assert!(third.error("tou").is_some(), "it waits at the next start as well");
}

#[test]
fn an_upgrade_of_a_version_that_is_lost_waits() {
    let fixture = Fixture::new();
    fixture.folder("scripts/tou", GOOD, &tariff("0.30"));
    fixture.start().stop();
    for version in fs::read_dir(fixture.path("data/archive")).unwrap().map(|entry| entry.unwrap().path()) {
        if version.is_dir() {
            fs::remove_dir_all(version).unwrap();
        }
    }
    fixture.folder("scripts/tou", &with_log(GOOD), &tariff("0.40"));
    let second = fixture.restarted();
    second.start().stop();
    assert!(second.error("tou").unwrap().contains("the archive does not have it"), "{:?}", second.error("tou"));
}

#[test]
fn an_operator_may_let_every_upgrade_in() {
    let fixture = Fixture::with(|settings| settings.approve_upgrades = false);
    fixture.folder("scripts/tou", GOOD, &tariff("0.30"));
    let _watching = fixture.start();
    fixture.folder("scripts/tou", &with_log(GOOD), &tariff("0.40"));
    fixture.until("it is active", || fixture.price().as_deref() == Some("0.40"));
}
