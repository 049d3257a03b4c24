//! Candidates: the whole way of a reload, and then beside the active version.

use std::fs;

use crate::fixture::{Fixture, GOOD, tariff};

/// The version of the unit's candidate.
fn shadow(fixture: &Fixture) -> Option<String> {
    fixture.registry.shadow("tou").map(|view| view.found.version)
}

fn next(number: &str) -> String {
    GOOD.replace("1.0.0", number)
}

#[test]
fn a_candidate_stands_beside_the_active_version_until_its_folder_is_gone() {
    let fixture = Fixture::new();
    fixture.folder("scripts/tou", GOOD, &tariff("0.30"));
    let _watching = fixture.start();
    fixture.folder("candidates/next", &next("2.0.0"), &tariff("0.40"));
    fixture.until("it stands beside", || shadow(&fixture).as_deref() == Some("2.0.0"));
    assert_eq!((fixture.price().as_deref(), fixture.registry.generation()), (Some("0.30"), 1));
    assert_eq!(fixture.stages("tou"), ["probation", "shadow"]);
    assert_eq!(fixture.gate.admitted.lock().len(), 1, "it took no place");
    let archived = fs::read_dir(fixture.path("data/archive")).unwrap();
    assert_eq!(archived.filter(|entry| entry.as_ref().unwrap().path().is_dir()).count(), 1, "nothing is kept of it");

    fixture.save("candidates/next/main.rhai", "price ?");
    fixture.until("the reason", || fixture.registry.shadow_refused("tou").is_some());
    assert_eq!((shadow(&fixture).as_deref(), fixture.error("tou")), (Some("2.0.0"), None), "both are as they were");

    fs::remove_dir_all(fixture.path("candidates/next")).unwrap();
    fixture.until("it is gone", || shadow(&fixture).is_none());
    assert_eq!(fixture.registry.shadow_refused("tou"), None);
    assert_eq!(fixture.price().as_deref(), Some("0.30"));
}

#[test]
fn a_candidate_goes_on_when_its_folder_gets_another_name() {
    let fixture = Fixture::new();
    fixture.folder("scripts/tou", GOOD, &tariff("0.30"));
    let _watching = fixture.start();
    fixture.folder("candidates/next", &next("2.0.0"), &tariff("0.40"));
    fixture.until("it stands beside", || shadow(&fixture).is_some());
    fs::rename(fixture.path("candidates/next"), fixture.path("candidates/later")).unwrap();
    let path = || fixture.registry.shadow("tou").map(|view| view.path).unwrap_or_default();
    fixture.until("it stands at its new place", || path().ends_with("later"));
    for price in ["0.31", "0.32", "0.33"] {
        fixture.folder("scripts/tou", GOOD, &tariff(price));
        fixture.until("a further look", || fixture.price().as_deref() == Some(price));
    }
    assert_eq!(shadow(&fixture).as_deref(), Some("2.0.0"));
}

#[test]
fn a_candidate_is_vouched_for_and_one_of_two_is_refused() {
    let fixture = Fixture::new();
    fixture.gate.refuse("0.60");
    fixture.folder("scripts/tou", GOOD, &tariff("0.30"));
    for (number, price) in [("1", "0.40"), ("2", "0.50"), ("3", "0.60")] {
        fixture.folder(&format!("candidates/{number}"), &next(&format!("{number}.0.0")), &tariff(price));
    }
    let _watching = fixture.start();
    let refused = |folder: &str| {
        let views = fixture.registry.units().into_iter().filter(|view| view.path.ends_with(folder));
        views.filter_map(|view| view.last_error).map(|error| error.text).next()
    };
    fixture.until("all are judged", || {
        let [first, second, third] = ["candidates/1", "candidates/2", "candidates/3"].map(refused);
        let told = [second, third].map(Option::unwrap_or_default);
        first.is_none()
            && told.iter().all(|text| text.contains("two units have the id") || text.contains("not welcome"))
    });
    assert_eq!(shadow(&fixture).as_deref(), Some("1.0.0"));
}

#[test]
fn a_slow_candidate_does_not_delay_the_start() {
    let fixture = Fixture::new();
    fixture.folder("scripts/tou", GOOD, &tariff("0.30"));
    fixture.folder("candidates/next", &next("2.0.0"), "slow\nprice 0.40");
    let _watching = fixture.start();
    assert_eq!((fixture.price().as_deref(), shadow(&fixture)), (Some("0.30"), None));
    fixture.brake.wait_for(1);
    fixture.brake.let_go();
    fixture.until("it stands beside", || shadow(&fixture).is_some());
}
