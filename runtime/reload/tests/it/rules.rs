//! The file of rules as one more place: save it, and what it says counts, or nothing changes and it is told why.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use amprule_hooks::selection::Parts;
use amprule_hooks::{Diagnostic, Selection};
use amprule_reload::{LoadedRules, RulesFile};

use crate::fixture::{Fixture, GOOD, tariff};

const FILE: &str = "amprule.toml";

/// `pricing tou`, then keys that need a restart; everything else is refused.
fn read(text: &str) -> Result<LoadedRules, Vec<Diagnostic>> {
    let mut words = text.split_whitespace();
    let (Some("pricing"), Some(unit)) = (words.next(), words.next()) else {
        return Err(vec![Diagnostic::new("configuration", "no such word").in_file(FILE).at(text, 1, 1)]);
    };
    let everywhere = Parts { pricing: Some(unit.to_owned()), ..Parts::default() };
    let selection = Selection { everywhere, ..Selection::default() };
    let needs_restart = words.map(str::to_owned).collect();
    Ok(LoadedRules { selection, needs_restart, also: Box::new(|| ()) })
}

fn following(fixture: &Fixture, text: &str) {
    fixture.save(FILE, text);
    fixture.follow(RulesFile::new(&fixture.path(FILE), text.to_owned(), Box::new(read)));
}

fn priced_by(fixture: &Fixture) -> Option<String> {
    fixture.pin().map(|pin| pin.unit.clone())
}

fn error(fixture: &Fixture) -> Option<String> {
    Some(fixture.registry.chains().file?.last_error?.text)
}

#[test]
fn rules_that_are_saved_count_and_bad_ones_change_nothing() {
    let fixture = Fixture::new();
    fixture.folder("scripts/tou", GOOD, &tariff("0.30"));
    fixture.folder("scripts/flat", &GOOD.replace("tou", "flat"), &tariff("0.40"));
    following(&fixture, "pricing tou");
    let _watching = fixture.start();
    fixture.until("the first one prices", || priced_by(&fixture).as_deref() == Some("flat"));

    fixture.save_by_rename(FILE, "pricing  tou");
    fixture.until("what the file says counts", || priced_by(&fixture).as_deref() == Some("tou"));
    let generation = fixture.registry.generation();
    fixture.save(FILE, "prizing flat");
    fixture.until("the error is shown", || error(&fixture).is_some_and(|text| text.contains("amprule.toml:1:1")));
    assert!(fixture.heard("configuration.rejected"));
    assert_eq!((priced_by(&fixture).as_deref(), fixture.registry.generation()), (Some("tou"), generation));

    std::fs::remove_file(fixture.path(FILE)).expect("remove the file");
    fixture.until("its loss is told", || error(&fixture).is_some_and(|text| text.contains("stays as it was")));
    fixture.save(FILE, "pricing flat data api");
    fixture.until("the mended file counts", || priced_by(&fixture).as_deref() == Some("flat"));
    fixture.until("the error goes", || error(&fixture).is_none());
    let keys = fixture.registry.chains().file.expect("a file").needs_restart;
    assert_eq!(keys, ["data", "api"]);
    assert!(fixture.heard("configuration.needs-restart"));
}

#[test]
fn a_unit_and_the_rule_that_names_it_become_active_together() {
    let fixture = Fixture::new();
    following(&fixture, "pricing later");
    fixture.folder("scripts/flat", &GOOD.replace("tou", "flat"), &tariff("0.40"));
    fixture.folder("scripts/tou", GOOD, &tariff("0.30"));
    fixture.save(FILE, "pricing tou");
    let _watching = fixture.start();
    assert_eq!((priced_by(&fixture).as_deref(), fixture.registry.generation()), (Some("tou"), 1));
    assert!(fixture.heard("chains.changed") && fixture.registry.chains().missing.is_empty());
}

#[test]
fn what_else_the_file_says_counts_with_it_and_not_while_the_file_is_broken() {
    let fixture = Fixture::new();
    fixture.folder("scripts/tou", GOOD, &tariff("0.30"));
    let counted = Arc::new(AtomicUsize::new(0));
    let counts = Arc::clone(&counted);
    let read = move |text: &str| {
        let counts = Arc::clone(&counts);
        let also = Box::new(move || {
            counts.fetch_add(1, Ordering::SeqCst);
        });
        Ok(LoadedRules { also, ..read(text)? })
    };
    fixture.save(FILE, "pricing tou");
    fixture.follow(RulesFile::new(&fixture.path(FILE), "pricing tou".to_owned(), Box::new(read)));
    let _watching = fixture.start();
    fixture.save(FILE, "prizing tou");
    fixture.until("the error is shown", || error(&fixture).is_some());
    assert_eq!(counted.load(Ordering::SeqCst), 0);
    fixture.save(FILE, "pricing  tou");
    fixture.until("the rest counts", || counted.load(Ordering::SeqCst) == 1);
}
