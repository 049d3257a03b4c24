//! `check` says of files what the reload would say, without a server.

use crate::fixture::{Fixture, GOOD, compilers, tariff};
use amprule_reload::{CompileSettings, Report, check};

fn report(fixture: &Fixture, path: &str) -> Report {
    check(&fixture.path(path), CompileSettings::usual(compilers())).expect("there is a unit")
}

#[test]
fn a_folder_of_units_a_unit_a_file_of_it_and_a_single_file_can_be_checked() {
    let fixture = Fixture::new();
    fixture.folder("scripts/tou", GOOD, &tariff("0.30"));
    fixture.save("scripts/flat.rhai", &tariff("0.30"));
    for (path, units) in [("scripts", 2), ("scripts/tou", 1), ("scripts/tou/main.rhai", 1), ("scripts/flat.rhai", 1)] {
        let report = report(&fixture, path);
        assert_eq!(report.units.len(), units, "{path}\n{report}");
        assert!(report.is_good(), "{path}\n{report}");
    }
}

#[test]
fn what_is_wrong_is_said_as_a_compiler_says_it() {
    let fixture = Fixture::new();
    // (manifest, entry, what the report must say)
    let cases = [
        (GOOD, "price ?", "main.rhai:1:7"),
        (&GOOD.replace("hooks", "hoks"), "price 1", "did you mean \"hooks\"?"),
        (&GOOD.replace("\"pricing\"", "\"prizing\""), "price 1", "did you mean \"pricing\"?"),
        (&GOOD.replace("[\"pricing\"]", "[\"authorization\"]"), "price 1", "the code does not have it"),
        (
            &GOOD.replace("[parameters.rate]", "entry = \"other.rhai\"\n[parameters.rate]"),
            "price 1",
            "there is no other.rhai",
        ),
        ("id = ", "price 1", "not valid TOML"),
        (&GOOD.replace("1.0.0", "../../../x"), "price 1", "a version has 1 to 64 letters"),
        (&GOOD.replace("1.0.0", "1.0 beta"), "price 1", "for instance \"1.2.0\""),
    ];
    for (manifest, main, says) in cases {
        fixture.folder("scripts/tou", manifest, main);
        let report = report(&fixture, "scripts/tou");
        assert!(!report.is_good());
        assert!(report.to_string().contains(says), "{report}");
    }
}

#[test]
fn a_path_without_a_unit_is_an_error_that_says_what_a_unit_is() {
    let fixture = Fixture::new();
    let error = check(&fixture.path("plugins"), CompileSettings::usual(compilers())).unwrap_err();
    assert!(error.to_string().contains("a unit is a folder with plugin.toml or main.rhai"));
}
