//! What is noticed at once, whatever lies beside it.

use std::fs;
use std::time::Duration;

use crate::fixture::{Fixture, GOOD, tariff};

const CHANGES: [(&str, &str); 3] = [
    ("scripts/zzz/lib/help.rhai", "fn help() { 2 }"),
    ("scripts/zzz/cases/one.json", "[ ]"),
    ("scripts/aaa/main.rhai", "price 0.60"),
];

#[test]
fn a_unit_with_thousands_of_folders_takes_no_other_units_watches() {
    let fixture = Fixture::with(|settings| settings.rescan = Duration::from_secs(3_600));
    for id in ["aaa", "zzz"] {
        fixture.folder(&format!("scripts/{id}"), &GOOD.replace("\"tou\"", &format!("\"{id}\"")), &tariff("0.30"));
        fixture.save(&format!("scripts/{id}/lib/help.rhai"), "fn help() { 1 }");
        fixture.save(&format!("scripts/{id}/cases/one.json"), "[]");
    }
    for empty in 0..2_100 {
        fs::create_dir(fixture.path(&format!("scripts/aaa/{empty:04}"))).expect("make a folder");
    }
    let watching = fixture.start();
    for (file, text) in CHANGES {
        let id = file.split('/').nth(1).expect("a unit's folder");
        let before = fixture.hash(id).expect("it is active");
        fixture.save(file, text);
        fixture.until(&format!("{file} is noticed"), || fixture.hash(id).is_some_and(|hash| hash != before));
    }
    watching.stop();
}
