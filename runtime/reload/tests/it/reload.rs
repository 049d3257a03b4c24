//! Files in, active versions out: real folders and a compiler that understands one line.

use std::fs;
use std::sync::Arc;

use crate::fixture::{Fixture, GOOD, tariff};
use amprule_hooks::Source;
use amprule_hooks::quarantine::Quarantined;
use amprule_hooks::registry::Stage;
use amprule_reload::{Order, Refused, Verb, Watching};

#[test]
fn a_script_is_loaded_changed_and_removed() {
    let fixture = Fixture::new();
    fixture.save("scripts/flat.rhai", &tariff("0.30"));
    let watching = fixture.start();
    assert_eq!(fixture.price().as_deref(), Some("0.30"));

    fixture.save("scripts/flat.rhai", &tariff("0.40"));
    fixture.until("the new price", || fixture.price().as_deref() == Some("0.40"));

    fs::remove_file(fixture.path("scripts/flat.rhai")).unwrap();
    fixture.until("the removal", || fixture.price().is_none());
    assert!(fixture.registry.units().is_empty());
    watching.stop();
}

#[test]
fn a_broken_save_keeps_the_old_version_and_says_why_and_a_good_one_ends_that() {
    let fixture = Fixture::new();
    fixture.save("scripts/flat.rhai", &tariff("0.30"));
    let _watching = fixture.start();
    let generation = fixture.registry.generation();

    fixture.save("scripts/flat.rhai", "// a comment\nprice ?");
    fixture.until("the reason", || fixture.error("flat").is_some());
    let error = fixture.error("flat").unwrap();
    assert!(error.contains("flat.rhai:2:7") && error.contains("price ?"), "{error}");
    assert_eq!(fixture.price().as_deref(), Some("0.30"));

    fixture.save("scripts/flat.rhai", &tariff("0.30"));
    fixture.until("the reason is gone", || fixture.error("flat").is_none());
    assert_eq!(fixture.registry.generation(), generation, "the same content is no new generation");
}

#[test]
fn editors_that_rename_over_the_file_are_understood() {
    let fixture = Fixture::new();
    fixture.save("scripts/flat.rhai", &tariff("0.30"));
    let _watching = fixture.start();
    for price in ["0.31", "0.32", "0.33"] {
        fixture.save("scripts/.flat.rhai.swp", "an editor's own");
        fixture.save("scripts/flat.rhai~", &tariff("9.99"));
        fixture.save("scripts/4913", "");
        fixture.save_by_rename("scripts/flat.rhai", &tariff(price));
        fixture.until(price, || fixture.price().as_deref() == Some(price));
    }
    assert_eq!(fixture.registry.units().len(), 1);
}

#[test]
fn a_file_that_is_being_written_is_not_read_before_it_is_closed() {
    use std::io::Write as _;
    let fixture = Fixture::new();
    fixture.save("scripts/flat.rhai", &tariff("0.30"));
    let _watching = fixture.start();
    let generation = fixture.registry.generation();

    // The first half would be a good tariff of its own.
    let mut file = fs::File::create(fixture.path("scripts/flat.rhai")).unwrap();
    file.write_all(tariff("7.77").as_bytes()).unwrap();
    file.flush().unwrap();
    std::thread::yield_now();
    file.write_all(b"\nprice 0.40").unwrap();
    drop(file);
    fixture.until("the whole file", || fixture.price().as_deref() == Some("0.40"));
    assert_eq!(fixture.registry.generation(), generation + 1);
}

#[test]
fn a_file_that_is_deleted_and_made_again_is_a_change_and_not_a_removal() {
    let fixture = Fixture::new();
    fixture.save("scripts/flat.rhai", &tariff("0.30"));
    let _watching = fixture.start();
    fs::remove_file(fixture.path("scripts/flat.rhai")).unwrap();
    fixture.save("scripts/flat.rhai", &tariff("0.40"));
    fixture.until("the new price", || fixture.price().as_deref() == Some("0.40"));
    assert!(!fixture.heard("extension.removed"));
}

#[test]
fn a_burst_of_saves_ends_at_the_last_content() {
    let fixture = Fixture::new();
    fixture.save("scripts/flat.rhai", &tariff("0.30"));
    let _watching = fixture.start();
    let before = fixture.registry.generation();
    for cents in 100..300 {
        fixture.save("scripts/flat.rhai", &tariff(&format!("{}.{:02}", cents / 100, cents % 100)));
    }
    fixture.until("the last price", || fixture.price().as_deref() == Some("2.99"));
    assert!(fixture.registry.generation() - before < 50, "a burst is taken together");
}

#[cfg(unix)]
#[test]
fn a_symbolic_link_that_is_swapped_changes_all_its_units_in_one_generation() {
    use std::os::unix::fs::symlink;
    let fixture = Fixture::new();
    for (version, price) in [("..v1", "0.30"), ("..v2", "0.40")] {
        fixture.save(&format!("scripts/{version}/flat.rhai"), &tariff(price));
        fixture.save(&format!("scripts/{version}/other.rhai"), &tariff(price));
    }
    symlink("..v1", fixture.path("scripts/..data")).unwrap();
    for unit in ["flat.rhai", "other.rhai"] {
        symlink(format!("..data/{unit}"), fixture.path(&format!("scripts/{unit}"))).unwrap();
    }
    let _watching = fixture.start();
    let before = fixture.registry.generation();
    assert_eq!(fixture.price().as_deref(), Some("0.30"));

    symlink("..v2", fixture.path("scripts/..new")).unwrap();
    fs::rename(fixture.path("scripts/..new"), fixture.path("scripts/..data")).unwrap();
    fixture.until("the swapped price", || fixture.price().as_deref() == Some("0.40"));
    assert_eq!(fixture.registry.generation(), before + 1);
}

#[cfg(unix)]
#[test]
fn a_units_folder_that_is_a_link_can_be_swapped_and_is_watched_where_it_leads() {
    use std::os::unix::fs::symlink;
    let fixture = Fixture::new();
    fixture.folder("releases/1", GOOD, &tariff("0.30"));
    fixture.folder("releases/2", GOOD, &tariff("0.40"));
    symlink(fixture.path("releases/1"), fixture.path("scripts/tou")).unwrap();
    let _watching = fixture.start();
    assert_eq!(fixture.price().as_deref(), Some("0.30"));

    symlink(fixture.path("releases/2"), fixture.path("scripts/.new")).unwrap();
    fs::rename(fixture.path("scripts/.new"), fixture.path("scripts/tou")).unwrap();
    fixture.until("the swapped price", || fixture.price().as_deref() == Some("0.40"));
    fixture.save("releases/2/main.rhai", &tariff("0.50"));
    fixture.until("a change behind the link", || fixture.price().as_deref() == Some("0.50"));
}

#[test]
fn a_folder_that_is_made_while_the_server_runs_is_found() {
    let fixture = Fixture::new();
    let _watching = fixture.start();
    fixture.folder("scripts/tou", GOOD, &tariff("0.30"));
    fixture.until("the new unit", || fixture.price().as_deref() == Some("0.30"));
    fixture.save("scripts/tou/cases/wrong.json", "{}");
    fixture.until("the reason", || fixture.error("tou").is_some_and(|error| error.contains("not a case")));
}

#[cfg(unix)]
#[test]
fn a_link_out_of_the_units_folder_is_refused() {
    let fixture = Fixture::new();
    fixture.save("secret.rhai", &tariff("0.30"));
    std::os::unix::fs::symlink(fixture.path("secret.rhai"), fixture.path("scripts/flat.rhai")).unwrap();
    let _watching = fixture.start();
    assert!(fixture.error("flat").unwrap().contains("leads out of the unit's folder"));
}

#[test]
fn a_folder_with_manifest_parameters_and_cases_is_one_unit() {
    let fixture = Fixture::new();
    fixture.folder("scripts/tou", GOOD, &tariff("0.30"));
    fixture.save(
        "scripts/tou/cases/one.json",
        r#"{"name": "one", "hook": "pricing", "input": {}, "expect": {"total": "0.30"}}"#,
    );
    let _watching = fixture.start();
    let view = fixture.registry.unit("tou").unwrap();
    assert_eq!((view.version.as_deref(), view.parameters[0].value.as_str()), (Some("1.0.0"), Some("0.10")));

    fixture.save("scripts/tou/parameters.toml", "rate = \"0.20\"");
    let rate = || fixture.registry.unit("tou").unwrap().parameters[0].value.as_str() == Some("0.20");
    fixture.until("the operator's value", rate);

    fixture.save("scripts/tou/parameters.toml", "rat = \"0.30\"");
    fixture.until("the reason", || fixture.error("tou").is_some_and(|error| error.contains("did you mean \"rate\"?")));
    assert!(rate());
}

#[test]
fn a_unit_that_fails_its_own_cases_does_not_become_active() {
    let fixture = Fixture::new();
    fixture.folder("scripts/tou", GOOD, &tariff("0.30"));
    let case = r#"{"name": "one", "hook": "pricing", "input": {}, "expect": {"total": "0.30"}}"#;
    fixture.save("scripts/tou/cases/one.json", case);
    let _watching = fixture.start();
    fixture.save("scripts/tou/main.rhai", &tariff("0.35"));
    fixture.until("the failed case", || fixture.error("tou").is_some());
    let error = fixture.error("tou").unwrap();
    assert!(error.contains("total: expected \"0.30\", got \"0.35\""), "{error}");
    assert_eq!(fixture.price().as_deref(), Some("0.30"));
}

#[test]
fn a_plugin_without_its_component_waits_and_comes_when_it_is_built() {
    let fixture = Fixture::new();
    fixture.save("plugins/night/plugin.toml", &GOOD.replace("tou", "night"));
    fixture.save("plugins/night/src/lib.rs", "fn main() {}");
    let _watching = fixture.start();
    let view = fixture.registry.unit("night").unwrap();
    assert_eq!(serde_json::to_value(view.state).unwrap(), "waiting");
    assert!(fixture.error("night").unwrap().contains("cargo xtask plugins"));

    fixture.save_by_rename("plugins/night/plugin.wasm", &tariff("0.30"));
    fixture.until("the plugin", || fixture.price().as_deref() == Some("0.30"));
    assert!(fixture.error("night").is_none());
}

/// A job that writes a table may write rubbish, or nothing: what is active keeps the table that it has.
#[test]
fn a_table_is_swapped_as_a_whole_and_a_broken_one_leaves_the_last_good_one() {
    let fixture = Fixture::new();
    let manifest =
        format!("{GOOD}[tables.spot]\nkey = \"from\"\ncolumns = {{ from = \"moment\", eur = \"decimal\" }}\n");
    fixture.folder("scripts/tou", &manifest, &tariff("0.30"));
    let _watching = fixture.start();
    assert!(fixture.error("tou").is_some_and(|error| error.contains("from") && error.contains("tables/spot.csv")));

    let row = "2026-07-01T08:00:00Z,0.30\n";
    fixture.save("scripts/tou/tables/spot.csv", &format!("from,eur\n{row}"));
    fixture.until("the table", || fixture.hash("tou").is_some());
    let (first, pin) = (fixture.hash("tou"), fixture.pin().expect("a tariff"));
    assert_eq!(fixture.error("tou"), None);
    for (content, says) in [
        ("from,eur\n", "the table has no rows"),
        ("<html>", "this is a web page and no table"),
        ("from,eur\n2026-07-01T08:15:00Z,\"0,31\"\n", "write it with a point"),
    ] {
        fixture.save_by_rename("scripts/tou/tables/spot.csv", content);
        fixture.until(says, || fixture.error("tou").is_some_and(|error| error.contains(says)));
        assert_eq!(fixture.hash("tou"), first, "{content}");
    }
    fs::remove_file(fixture.path("scripts/tou/tables/spot.csv")).unwrap();
    fixture.until("it is gone", || fixture.error("tou").is_some_and(|error| error.contains("is not there")));
    assert_eq!(fixture.hash("tou"), first);
    fixture.save_by_rename("scripts/tou/tables/spot.csv", &format!("from,eur\n{row}2026-07-01T08:15:00Z,0.31\n"));
    fixture.until("the next table", || fixture.hash("tou") != first);
    assert_eq!(fixture.stages("tou"), ["probation", "draining"], "sessions keep the table that they began with");
    assert_eq!(Some(pin.hash.clone()), first);
    let archived = fixture.path("data/archive").join(&pin.hash).join("tables/spot.csv");
    assert_eq!(fs::read_to_string(archived).unwrap(), format!("from,eur\n{row}"));
}

const WITH_TABLE: &str = r#"id = "tou"
version = "1.0.0"
hooks = ["pricing"]
[tables.days]
key = "day"
columns = { day = "date" }
"#;

fn days(count: u32) -> String {
    (1..=count).fold("day\n".to_owned(), |text, day| format!("{text}2026-01-{day:02}\n"))
}

/// A unit whose second version is the active one, and then its tables change.
fn with_two_versions() -> (Fixture, Watching, [Option<String>; 2]) {
    let fixture = Fixture::new();
    fixture.save("scripts/tou/tables/days.csv", &days(1));
    fixture.folder("scripts/tou", WITH_TABLE, &tariff("0.30"));
    let watching = fixture.start();
    let first = fixture.hash("tou");
    fixture.save("scripts/tou/main.rhai", &tariff("0.40"));
    fixture.until("the second one", || fixture.price().as_deref() == Some("0.40"));
    let second = fixture.hash("tou");
    (fixture, watching, [first, second])
}

#[test]
fn a_table_neither_lets_bad_code_in_again_nor_takes_its_way_back() {
    let (fixture, _watching, [first, second]) = with_two_versions();
    fixture.save_by_rename("scripts/tou/tables/days.csv", &days(2));
    fixture.until("the table", || fixture.hash("tou") != second);
    fixture.fail_every_call();
    assert_eq!(fixture.hash("tou"), first, "the way back leads to other code");
    fixture.save_by_rename("scripts/tou/tables/days.csv", &days(3));
    fixture.until("it is kept out", || fixture.error("tou").is_some_and(|error| error.contains("quarantined")));
    assert_eq!(fixture.hash("tou"), first);
}

#[test]
fn a_unit_that_is_held_sees_new_tables_and_no_other_code() {
    let (fixture, watching, [_, second]) = with_two_versions();
    watching.order(Order { id: "tou".to_owned(), verb: Verb::Pin }).expect("it is active");
    fixture.save_by_rename("scripts/tou/tables/days.csv", &days(2));
    fixture.until("the table", || fixture.hash("tou") != second);
    let with_table = fixture.hash("tou");
    fixture.save("scripts/tou/main.rhai", &tariff("0.50"));
    fixture.until("it waits", || fixture.error("tou").is_some_and(|error| error.contains("an operator holds")));
    assert_eq!(fixture.hash("tou"), with_table);
    watching.stop();
    let again = fixture.restarted();
    let _watching = again.start();
    assert_eq!(
        (again.hash("tou"), again.registry.unit("tou").and_then(|view| view.held)),
        (with_table.clone(), with_table)
    );
}

#[test]
fn a_unit_that_moved_while_the_server_was_down_is_where_it_is_now() {
    for other in ["price ?", "slow\nprice 0.90"] {
        let fixture = Fixture::new();
        fixture.folder("scripts/one", GOOD, &tariff("0.30"));
        drop(fixture.start());
        fixture.folder("scripts/two", GOOD, &tariff("0.40"));
        fixture.folder("scripts/one", &GOOD.replace("\"tou\"", "\"other\""), other);
        let again = fixture.restarted_with(|settings| settings.start = std::time::Duration::from_millis(50));
        let watching = again.start();
        for _ in 0..2 {
            let view = again.registry.unit("tou").expect("it is there");
            assert!(view.path.ends_with("two"), "{other}: {}", view.path);
            assert_eq!(again.price().as_deref(), Some("0.40"), "{other}");
            watching.look();
            std::thread::park_timeout(std::time::Duration::from_millis(200));
        }
    }
}

#[test]
fn the_second_unit_of_an_id_is_refused_until_the_first_is_gone() {
    let fixture = Fixture::new();
    fixture.folder("scripts/a", GOOD, &tariff("0.30"));
    fixture.folder("scripts/b", GOOD, &tariff("0.40"));
    let _watching = fixture.start();
    assert_eq!(fixture.price().as_deref(), Some("0.30"));
    let refused = fixture.registry.units().into_iter().find(|view| view.path.ends_with('b')).unwrap();
    let text = refused.last_error.unwrap().text;
    assert!(text.contains("scripts/a") && text.contains("scripts/b"), "{text}");

    fs::remove_dir_all(fixture.path("scripts/a")).unwrap();
    fixture.until("the second one", || fixture.price().as_deref() == Some("0.40"));
}

#[test]
fn a_renamed_folder_keeps_its_unit() {
    let fixture = Fixture::new();
    fixture.folder("scripts/a", GOOD, &tariff("0.30"));
    let _watching = fixture.start();
    fs::rename(fixture.path("scripts/a"), fixture.path("scripts/b")).unwrap();
    fixture.until("the new path", || fixture.registry.unit("tou").is_some_and(|view| view.path.ends_with('b')));
    fixture.save("scripts/b/main.rhai", &tariff("0.40"));
    fixture.until("a change at the new path", || fixture.price().as_deref() == Some("0.40"));
    assert!(!fixture.heard("extension.removed"));
}

#[test]
fn a_restart_goes_on_with_what_was_active_although_the_file_is_broken_now() {
    let fixture = Fixture::new();
    fixture.save("scripts/flat.rhai", &tariff("0.30"));
    fixture.start().stop();
    fixture.save("scripts/flat.rhai", "price ?");

    let again = fixture.restarted();
    let _watching = again.start();
    assert_eq!(again.price().as_deref(), Some("0.30"));
    assert!(again.error("flat").is_some());
}

#[test]
fn a_pinned_version_comes_back_from_the_archive_after_its_file_is_gone() {
    let fixture = Fixture::new();
    fixture.folder("scripts/tou", GOOD, &tariff("0.30"));
    let watching = fixture.start();
    let pin = (*fixture.pin().unwrap()).clone();
    watching.stop();
    fs::remove_dir_all(fixture.path("scripts/tou")).unwrap();

    let again = fixture.restarted();
    let mut unknown = pin.clone();
    unknown.hash = "0".repeat(64);
    let missing = again.restore(&[pin.clone(), unknown.clone()]);
    assert_eq!(missing, [amprule_reload::Missing(unknown.base())]);
    assert!(again.registry.loaded(&pin.hash).is_some());
    assert_eq!(again.price(), None, "new sessions do not use it");
}

#[test]
fn a_unit_beyond_the_bounds_is_refused() {
    let fixture = Fixture::new();
    fixture.folder("scripts/tou", GOOD, &tariff("0.30"));
    for number in 0..64 {
        fixture.save(&format!("scripts/tou/part{number}.rhai"), "");
    }
    let _watching = fixture.start();
    assert!(fixture.error("tou").unwrap().contains("more than 64 files"));
}

#[test]
fn a_unit_is_refused_before_it_is_compiled_and_let_in_when_the_gate_changes_its_mind() {
    let fixture = Fixture::new();
    fixture.gate.refuse("0.50");
    fixture.folder("scripts/tou", GOOD, &tariff("0.40"));
    let watching = fixture.start();
    assert_eq!(fixture.price().as_deref(), Some("0.40"));

    fixture.save("scripts/tou/main.rhai", "this does not compile, and says price 0.50 before");
    fixture.until("it is refused by the gate", || fixture.error("tou").is_some_and(|why| why.contains("not welcome")));
    fixture.save("scripts/tou/main.rhai", &tariff("0.50"));
    watching.look();
    assert_eq!(fixture.price().as_deref(), Some("0.40"));
    assert_eq!(fixture.gate.admitted.lock().len(), 1, "what is not active was not admitted");

    fixture.gate.refuse(None);
    watching.look();
    fixture.until("the same files are let in", || fixture.price().as_deref() == Some("0.50"));
    assert_eq!(fixture.error("tou"), None);
}

#[test]
fn the_archive_is_no_way_around_the_gate_after_a_restart() {
    let fixture = Fixture::new();
    fixture.folder("scripts/tou", GOOD, &tariff("0.40"));
    drop(fixture.start());
    fixture.save("scripts/tou/main.rhai", "broken");
    let restarted = fixture.restarted();
    drop(restarted.start());
    assert_eq!(restarted.price().as_deref(), Some("0.40"), "a broken file does not take its unit away");

    let restarted = fixture.restarted();
    restarted.gate.refuse("0.40");
    drop(restarted.start());
    assert_eq!(restarted.price(), None, "but what the gate refuses now does not come back");
}

#[test]
fn a_version_that_nobody_answers_for_any_more_is_none_to_go_back_to() {
    let fixture = Fixture::new();
    fixture.folder("scripts/tou", GOOD, &tariff("0.30"));
    let watching = fixture.start();
    fixture.save("scripts/tou/main.rhai", &tariff("0.40"));
    fixture.until("the new price", || fixture.price().as_deref() == Some("0.40"));
    watching.stop();

    let again = fixture.restarted();
    again.gate.refuse("0.30");
    let watching = again.start();
    assert_eq!(again.price().as_deref(), Some("0.40"));
    let rollback = Order { id: "tou".to_owned(), verb: Verb::Rollback };
    assert!(matches!(watching.order(rollback), Err(Refused::Impossible(_))), "the archive is no way around it");
}

/// A version that traps when it is asked, and is nothing else than another text of the tariff.
fn fail_on_probation(fixture: &Fixture) -> String {
    let bad = fixture.pin().expect("a tariff").hash.clone();
    fixture.fail_every_call();
    fixture.until("the rollback", || fixture.heard("extension.rolled-back"));
    bad
}

#[test]
fn a_rolled_back_version_stays_out_also_after_a_restart_until_it_is_approved() {
    let fixture = Fixture::new();
    fixture.save("scripts/flat.rhai", &tariff("0.30"));
    let watching = fixture.start();
    fixture.save("scripts/flat.rhai", &tariff("0.40"));
    fixture.until("the new price", || fixture.price().as_deref() == Some("0.40"));
    let bad = fail_on_probation(&fixture);
    assert_eq!(fixture.price().as_deref(), Some("0.30"), "the version before is back");
    fixture.until("it is written down", || fixture.path("data/archive/quarantine.json").exists());
    watching.stop();

    let again = fixture.restarted();
    let watching = again.start();
    assert_eq!(again.price().as_deref(), Some("0.30"));
    assert!(again.error("flat").unwrap().contains("quarantined"), "{:?}", again.error("flat"));
    let approve = Order { id: "flat".to_owned(), verb: Verb::Approve { hash: bad.clone() } };
    watching.order(approve.clone()).unwrap();
    again.until("it is active again", || again.pin().unwrap().hash == bad);
    assert!(matches!(watching.order(approve), Err(Refused::Impossible(_))), "there is nothing to approve any more");
}

#[test]
fn an_operator_holds_a_version_whatever_the_files_are_and_lets_them_count_again() {
    let fixture = Fixture::new();
    fixture.save("scripts/flat.rhai", &tariff("0.30"));
    let watching = fixture.start();
    let first = fixture.pin().unwrap().hash.clone();
    let order = |watching: &Watching, verb| watching.order(Order { id: "flat".to_owned(), verb });
    assert!(matches!(order(&watching, Verb::Rollback), Err(Refused::Impossible(_))), "nothing was there before");
    fixture.save("scripts/flat.rhai", &tariff("0.40"));
    fixture.until("the new price", || fixture.price().as_deref() == Some("0.40"));

    order(&watching, Verb::Rollback).unwrap();
    assert_eq!(fixture.price().as_deref(), Some("0.30"));
    fixture.save("scripts/flat.rhai", &tariff("0.50"));
    fixture.until("it says why", || fixture.error("flat").is_some_and(|error| error.contains("amprule unpin flat")));
    assert_eq!(fixture.price().as_deref(), Some("0.30"));
    watching.stop();

    let again = fixture.restarted();
    let watching = again.start();
    assert_eq!(again.price().as_deref(), Some("0.30"), "a restart changes nothing");
    order(&watching, Verb::Unpin).unwrap();
    again.until("the files count again", || again.price().as_deref() == Some("0.50"));
    order(&watching, Verb::Activate { hash: first }).unwrap();
    assert_eq!(again.price().as_deref(), Some("0.30"));
    let unknown = Verb::Activate { hash: "0".repeat(64) };
    assert!(matches!(order(&watching, unknown), Err(Refused::Impossible(_))));
    let nobody = watching.order(Order { id: "nobody".to_owned(), verb: Verb::Pin });
    assert_eq!(nobody, Err(Refused::Unknown("nobody".to_owned())));
    watching.stop();

    let later = again.restarted();
    later.start().stop();
    let versions = later.registry.unit("flat").unwrap().versions;
    let retired: Vec<_> = versions.iter().filter(|version| version.stage == Stage::Retired).collect();
    assert_eq!((versions.len(), retired.len()), (3, 1), "the archive knows what nobody needs in memory: {versions:?}");
}

#[test]
fn a_bug_that_ends_the_thread_is_seen() {
    let fixture = Fixture::new();
    let watching = fixture.start_with(Box::new(|| panic!("a bug, for the test")));
    fixture.until("the end of the thread", || watching.has_died());
    watching.stop();
    assert!(!watching.has_died(), "who stops it knows");
}

#[test]
fn a_version_that_is_quarantined_at_the_last_moment_is_said_to_be() {
    let fixture = Fixture::new();
    let registry = Arc::clone(&fixture.registry);
    *fixture.gate.at_the_door.lock() = Some(Box::new(move |source: &Source| {
        let entry = Quarantined {
            unit: source.manifest.id.clone(),
            version: "1".to_owned(),
            at: registry.now(),
            reason: "it fails elsewhere".to_owned(),
        };
        registry.open_quarantine([(source.hash.clone(), entry)].into(), Box::new(|_| {}));
    }));
    fixture.save("scripts/flat.rhai", &tariff("0.30"));
    let _watching = fixture.start();
    fixture.until("why it is not active", || fixture.error("flat").is_some_and(|error| error.contains("elsewhere")));
    assert_eq!(fixture.hash("flat"), None);
}
