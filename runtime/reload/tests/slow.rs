//! Compilers that take their time: nobody else waits for them.

#[expect(dead_code, reason = "the reload tests use more of the fixture")]
mod fixture;

use std::time::Duration;

use amprule_reload::{Order, Verb};
use fixture::{Fixture, tariff};

fn slow(price: &str) -> String {
    format!("slow\nprice {price}")
}

#[test]
fn a_unit_that_compiles_slowly_delays_no_other_units_swap() {
    let fixture = Fixture::new();
    fixture.save("scripts/flat.rhai", &tariff("0.30"));
    fixture.save("scripts/other.rhai", &tariff("0.30"));
    let _watching = fixture.start();
    let (flat, other) = (fixture.hash("flat"), fixture.hash("other"));

    fixture.save("scripts/flat.rhai", &slow("0.40"));
    fixture.brake.wait_for(1);
    fixture.until("everybody sees what takes so long", || fixture.stages("flat") == ["probation", "checking"]);
    fixture.save("scripts/other.rhai", &tariff("0.50"));
    fixture.until("the quick one is swapped", || fixture.hash("other") != other);
    assert_eq!(fixture.hash("flat"), flat, "the slow one goes on as it was");
    fixture.brake.let_go();
    fixture.until("the slow one is swapped", || fixture.price().as_deref() == Some("0.40"));
    assert_eq!(fixture.stages("flat"), ["probation", "draining"]);
    assert!(fixture.heard("extension.checking"));
}

#[test]
fn a_start_is_one_generation_however_long_a_unit_takes() {
    let fixture = Fixture::new();
    for unit in ["a", "b", "c", "d"] {
        fixture.save(&format!("scripts/{unit}.rhai"), &if unit == "b" { slow("0.30") } else { tariff("0.30") });
    }
    let brake = std::sync::Arc::clone(&fixture.brake);
    let letting_go = std::thread::spawn(move || {
        brake.wait_for(1);
        brake.let_go();
    });
    let _watching = fixture.start();
    letting_go.join().unwrap();
    assert_eq!(fixture.registry.generation(), 1);
    assert!(["a", "b", "c", "d"].iter().all(|unit| fixture.hash(unit).is_some()));
}

#[test]
fn what_is_saved_while_the_earlier_save_is_in_the_compiler_counts() {
    let fixture = Fixture::new();
    fixture.save("scripts/flat.rhai", &tariff("0.30"));
    let _watching = fixture.start();
    fixture.save("scripts/flat.rhai", &slow("7.77"));
    fixture.brake.wait_for(1);
    fixture.save("scripts/flat.rhai", &tariff("0.40"));
    fixture.until("the later save", || fixture.price().as_deref() == Some("0.40"));
    let generation = fixture.registry.generation();
    fixture.brake.let_go();
    fixture.save("scripts/other.rhai", &tariff("0.50"));
    fixture.until("another unit", || fixture.hash("other").is_some());
    assert_eq!((fixture.price().as_deref(), fixture.registry.generation()), (Some("0.40"), generation + 1));
}

#[test]
fn compilers_that_never_end_are_given_up_and_the_next_unit_finds_one() {
    let fixture = Fixture::with(|settings| settings.compile = Duration::from_millis(50));
    let _watching = fixture.start();
    let units = ["a", "b", "c"];
    for unit in units {
        fixture.save(&format!("scripts/{unit}.rhai"), &slow("0.30"));
    }
    fixture.until("all of them are given up", || {
        units.iter().all(|unit| fixture.error(unit).is_some_and(|error| error.contains("not compiled")))
    });
    fixture.save("scripts/flat.rhai", &tariff("0.40"));
    fixture.until("a unit after them", || fixture.hash("flat").is_some());
    assert!(units.iter().all(|unit| fixture.hash(unit).is_none()));
}

#[test]
fn a_start_goes_on_with_what_was_active_while_the_files_of_now_are_compiled() {
    let fixture = Fixture::new();
    fixture.save("scripts/flat.rhai", &tariff("0.30"));
    drop(fixture.start());
    fixture.save("scripts/flat.rhai", &slow("0.40"));
    let fixture = fixture.restarted();
    let _watching = fixture.start();
    assert_eq!(fixture.price().as_deref(), Some("0.30"));
    assert_eq!(fixture.stages("flat"), ["probation", "checking"]);
    fixture.brake.let_go();
    fixture.until("the files of now", || fixture.price().as_deref() == Some("0.40"));
}

#[test]
fn a_start_waits_for_a_new_unit_only_so_long() {
    let fixture = Fixture::with(|settings| settings.start = Duration::from_millis(50));
    fixture.save("scripts/flat.rhai", &slow("0.40"));
    fixture.save("scripts/other.rhai", &tariff("0.30"));
    let _watching = fixture.start();
    assert_eq!((fixture.hash("flat"), fixture.hash("other").is_some()), (None, true));
    fixture.brake.let_go();
    fixture.until("the new unit", || fixture.hash("flat").is_some());
}

#[test]
fn a_stop_does_not_wait_for_a_look_that_does_not_end() {
    let fixture = Fixture::new();
    fixture.save("scripts/flat.rhai", &slow("0.30"));
    fixture.brake.let_go();
    drop(fixture.start());
    let old = fixture.hash("flat").unwrap();
    fixture.save("scripts/flat.rhai", &tariff("0.40"));
    let fixture = fixture.restarted_with(|settings| settings.start = Duration::from_millis(50));
    let watching = std::sync::Arc::new(fixture.start());
    let ordering = std::sync::Arc::clone(&watching);
    let order = Order { id: "flat".to_owned(), verb: Verb::Activate { hash: old } };
    let _given = std::thread::spawn(move || ordering.order(order));
    fixture.brake.wait_for(1);
    let begun = std::time::Instant::now();
    watching.stop();
    assert!(begun.elapsed() < Duration::from_secs(20));
    fixture.brake.let_go();
}
