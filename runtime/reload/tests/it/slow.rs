//! Compilers that take their time: nobody else waits for them.

use std::fs;
use std::time::Duration;

use crate::fixture::{Fixture, tariff};
use amprule_reload::{Order, ReloadSettings, Verb, Watching};

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

/// What becomes of the files of a unit with an active version before the server starts again.
type Fate = fn(&Fixture);

const FATES: [(&str, Fate); 3] = [
    ("held, and its files are gone", |fixture| {
        fs::remove_file(fixture.path("scripts/flat.rhai")).expect("it is there");
    }),
    ("broken", |fixture| fixture.save("scripts/flat.rhai", "price ?")),
    ("in the making", |fixture| fixture.save("scripts/flat.rhai", &slow("0.40"))),
];

#[test]
fn what_was_active_goes_on_however_long_the_units_beside_it_take_also_after_another_start() {
    for (what, fate) in FATES {
        let fixture = Fixture::new();
        fixture.save("scripts/flat.rhai", &tariff("0.30"));
        let watching = fixture.start();
        if what.starts_with("held") {
            watching.order(Order { id: "flat".to_owned(), verb: Verb::Pin }).unwrap();
        }
        drop(watching);
        let old = fixture.hash("flat");
        fixture.save("scripts/new.rhai", &slow("0.50"));
        fate(&fixture);
        let mut fixture = fixture;
        for _ in 0..2 {
            fixture = fixture.restarted_with(in_a_hurry);
            let _watching = fixture.start();
            assert_eq!((fixture.hash("flat"), fixture.hash("new")), (old.clone(), None), "{what}");
            fixture.brake.let_go();
        }
    }
}

fn in_a_hurry(settings: &mut ReloadSettings) {
    settings.start = Duration::from_millis(50);
}

/// A unit whose version before takes a compiler long.
fn with_a_slow_past() -> Fixture {
    let fixture = Fixture::new();
    fixture.save("scripts/flat.rhai", &slow("0.30"));
    fixture.brake.let_go();
    drop(fixture.start());
    fixture
}

#[test]
fn what_a_start_has_no_time_for_is_found_by_the_next_one() {
    let fixture = with_a_slow_past();
    let old = fixture.hash("flat");
    fixture.save("scripts/flat.rhai", &slow("0.40"));
    let hurried = fixture.restarted_with(in_a_hurry);
    drop(hurried.start());
    assert_eq!(hurried.hash("flat"), None, "neither is compiled in time");
    hurried.brake.let_go();
    fixture.save("scripts/flat.rhai", "price ?");
    let again = fixture.restarted();
    again.brake.let_go();
    let _watching = again.start();
    assert_eq!(again.hash("flat"), old);
}

#[test]
fn files_that_are_refused_after_the_start_leave_what_was_active() {
    let fixture = with_a_slow_past();
    let old = fixture.hash("flat");
    fixture.save("scripts/flat.rhai", &slow("?"));
    let hurried = fixture.restarted_with(in_a_hurry);
    let _watching = hurried.start();
    assert_eq!(hurried.hash("flat"), None, "neither is compiled in time");
    hurried.brake.let_go();
    hurried.until("the version before", || hurried.hash("flat") == old);
}

#[test]
fn the_way_back_outlives_a_start_that_has_no_time_for_it() {
    let fixture = with_a_slow_past();
    let old = fixture.hash("flat");
    let next = fixture.restarted();
    next.brake.let_go();
    next.save("scripts/flat.rhai", &tariff("0.40"));
    drop(next.start());
    let back = |fixture: &Fixture, watching: &Watching| {
        let order = watching.order(Order { id: "flat".to_owned(), verb: Verb::Rollback });
        (order.is_ok(), fixture.hash("flat") == old)
    };
    let hurried = next.restarted_with(in_a_hurry);
    let watching = hurried.start();
    assert_eq!((hurried.price().as_deref(), back(&hurried, &watching)), (Some("0.40"), (false, false)));
    drop(watching);
    hurried.brake.let_go();
    let again = hurried.restarted();
    again.brake.let_go();
    let watching = again.start();
    assert_eq!((again.price().as_deref(), back(&again, &watching)), (Some("0.40"), (true, true)));
}

#[test]
fn files_that_changed_while_the_server_was_down_have_a_way_back() {
    let fixture = Fixture::new();
    fixture.save("scripts/flat.rhai", &tariff("0.30"));
    drop(fixture.start());
    let old = fixture.hash("flat");
    fixture.save("scripts/flat.rhai", &tariff("0.40"));
    let again = fixture.restarted();
    let _watching = again.start();
    assert_eq!(again.price().as_deref(), Some("0.40"));
    again.fail_every_call();
    assert_eq!(again.hash("flat"), old);
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
