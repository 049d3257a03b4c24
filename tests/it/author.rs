//! The author's commands, as a newcomer uses them: from `amprule new` to a rule that a server uses.

use std::path::Path;

use amprule_tests::command::{Going, amprule, amprule_alone};
use amprule_tests::station16::Station16;
use amprule_tests::{Setup, ago, folders, units, until};
use serde_json::Value;
use tempfile::TempDir;

fn folder() -> TempDir {
    TempDir::with_prefix("amprule-author-").expect("make a folder for the test")
}

fn good(folder: &Path, args: &[&str]) -> String {
    let said = amprule(folder, args);
    assert!(said.good, "amprule {}\n{}", args.join(" "), said.text);
    said.text
}

fn bad(folder: &Path, args: &[&str]) -> String {
    let said = amprule(folder, args);
    assert!(!said.good, "amprule {}\n{}", args.join(" "), said.text);
    said.text
}

fn json(folder: &Path, args: &[&str]) -> Value {
    let said = amprule(folder, args);
    serde_json::from_str(&said.output).unwrap_or_else(|error| panic!("{error}: {}", said.text))
}

/// Saves a new rule into a folder that `new` made.
fn save(folder: &Path, path: &str, change: impl FnOnce(String) -> String) {
    units::edit(&folder.join(path), change);
}

#[test]
fn a_new_script_checks_and_tests_green_at_once() {
    for (hook, what) in [
        ("pricing", "A tariff's `describe`"),
        ("authorization", "who may charge"),
        ("modifier", "modifiers = [\"mine\"]"),
        ("load", "unit = \"mine\""),
        ("dialect", "mends what stations of a model say"),
    ] {
        let folder = folder();
        let said = good(folder.path(), &["new", hook, "--lang", "rhai", "mine"]);
        assert!(said.contains("amprule dev"), "it says what comes next: {said}");
        let checked = good(folder.path(), &["check", "mine"]);
        assert!(checked.starts_with("ok       mine 0.1.0") && checked.contains(hook), "{checked}");
        let tested = good(folder.path(), &["test", "mine"]);
        assert!(tested.contains("ok: mine:") && !tested.contains("FAILED"), "{tested}");
        let page = std::fs::read_to_string(folder.path().join("mine/README.md")).expect("a README was made");
        assert!(page.starts_with("# mine") && page.contains(what), "{hook}: {page}");
        assert_eq!(page.contains("A tariff's"), hook == "pricing", "{hook}: {page}");
        assert!(bad(folder.path(), &["new", hook, "mine"]).contains("exists already"));
    }
}

#[test]
fn a_new_driver_checks_and_tests_green_and_its_station_charges_at_once() {
    for language in ["map", "rhai"] {
        let folder = folder();
        let said = good(folder.path(), &["new", "device", "mine", "--lang", language]);
        assert!(said.contains("amprule device try"), "it says what comes next: {said}");
        let checked = good(folder.path(), &["check", "mine"]);
        assert!(
            checked.starts_with("ok       mine 0.1.0") && checked.contains("): device; 7 cases passed"),
            "{checked}"
        );
        assert_eq!(json(folder.path(), &["check", "mine", "--format", "json"])["units"][0]["hooks"][0], "device");
        assert!(!checked.contains("warning"), "{checked}");
        let tested = good(folder.path(), &["test", "mine"]);
        assert!(tested.contains("7 of 7 cases") && !tested.contains("FAILED"), "{tested}");
        let played = good(folder.path(), &["device", "simulate", "mine"]);
        for part in [
            "session started by SIMULATED, the register at 1000 Wh\n  is written   register 200 = 320\n  is written   register 201 = 1",
            "session updated: charging, the register at 65536 Wh",
            "is Faulted",
            "session ended: EVDisconnected, 65036 Wh, the register at 66036 Wh\n  is written   register 201 = 0",
        ] {
            assert!(played.contains(part), "{language}: {part}\n{played}");
        }
        let played =
            good(folder.path(), &["device", "simulate", "mine", "--case", "charges with", "--case", "no car, and"]);
        assert!(played.contains("session ended") && !played.contains("a fault"), "{played}");
        assert!(bad(folder.path(), &["device", "simulate", "mine", "--case", "snow"]).contains("no case contains"));
        let dev = Going::start(folder.path(), &["dev", "mine"]);
        let first = dev.until("watching");
        assert!(first.contains("ok       mine 0.1.0: device") && first.contains("session ended"), "{first}");
        let readme = std::fs::read_to_string(folder.path().join("mine/README.md")).expect("a README was made");
        assert!(readme.starts_with("# mine") && !readme.contains("ENTRY"), "{readme}");
    }
    let folder = folder();
    assert!(good(folder.path(), &["new", "device", "mine"]).contains("made"), "a map, where nothing is said");
    assert!(folder.path().join("mine/device.toml").exists());
    assert!(bad(folder.path(), &["new", "device", "c", "--lang", "js"]).contains("--lang map"));
    assert!(bad(folder.path(), &["new", "pricing", "m", "--lang", "map"]).contains("amprule new device"));
}

/// As from a fresh clone that was built once: cargo may not ask the network.
#[test]
fn a_new_plugin_in_rust_builds_without_a_network_and_tests_green() {
    let folder = folder();
    // One target folder for both projects, so that what they share is built once.
    let config = format!("[net]\noffline = true\n[build]\ntarget-dir = {:?}\n", folder.path().join("target"));
    std::fs::create_dir(folder.path().join(".cargo")).expect("make cargo's folder");
    std::fs::write(folder.path().join(".cargo/config.toml"), config).expect("switch the network off");
    good(folder.path(), &["new", "pricing", "--lang", "rust", "mine"]);
    let waiting = amprule(folder.path(), &["check", "mine"]).text;
    assert!(waiting.contains("no plugin.wasm yet") && waiting.contains("amprule build"), "{waiting}");
    assert!(good(folder.path(), &["build", "mine"]).contains("plugin.wasm"));
    good(folder.path(), &["check", "mine"]);
    let tested = good(folder.path(), &["test", "mine"]);
    assert!(tested.contains("3 of 3 cases and 7 of 7 properties hold"), "{tested}");
    let bench = json(folder.path(), &["bench", "mine", "--json"]);
    assert!(bench["rows"][0]["memory"].as_u64().is_some_and(|bytes| bytes > 0), "{bench}");

    good(folder.path(), &["new", "authorization", "--lang", "rust", "door", "--sdk", &sdk()]);
    let manifest = std::fs::read_to_string(folder.path().join("door/Cargo.toml")).expect("a manifest was made");
    assert!(manifest.contains(&sdk()) && !folder.path().join("door/sdk").exists(), "{manifest}");
    good(folder.path(), &["build", "door"]);
    let tested = good(folder.path(), &["test", "door"]);
    assert!(tested.contains("4 of 4 cases and 3 of 3 properties hold"), "{tested}");

    std::fs::remove_file(folder.path().join("door/plugin.wasm")).expect("remove the component");
    good(folder.path(), &["build", "door", "--module", "target/wasm32-unknown-unknown/release/door.wasm"]);
    good(folder.path(), &["check", "door"]);

    good(folder.path(), &["new", "modifier", "--lang", "rust", "fee", "--sdk", &sdk()]);
    good(folder.path(), &["build", "fee"]);
    let tested = good(folder.path(), &["test", "fee"]);
    assert!(tested.contains("3 of 3 cases and 5 of 5 properties hold"), "{tested}");

    good(folder.path(), &["new", "device", "--lang", "rust", "box", "--sdk", &sdk()]);
    good(folder.path(), &["build", "box"]);
    assert!(good(folder.path(), &["check", "box"]).contains("): device; 7 cases passed"));
    let played = good(folder.path(), &["device", "simulate", "box"]);
    assert!(played.contains("session ended: EVDisconnected, 65036 Wh"), "{played}");
}

#[test]
fn what_cannot_be_built_says_why() {
    let folder = folder();
    good(folder.path(), &["new", "pricing", "--lang", "rhai", "mine"]);
    std::fs::write(folder.path().join("text.wasm"), "print(1)").expect("write no module");
    let said = bad(folder.path(), &["build", "mine", "--module", "text.wasm"]);
    assert!(said.contains("this is no WebAssembly"), "{said}");
    let said = bad(folder.path(), &["build", "mine"]);
    assert!(
        said.contains("there is nothing to build in mine") && said.contains("a script needs no building"),
        "{said}"
    );
}

/// With every hook: each has its own world, header and types. `cargo xtask test` brings a compiler, and so it must be one that works.
#[test]
fn a_new_plugin_in_c_builds_and_tests_green_where_there_is_clang() {
    let folder = folder();
    for hook in ["pricing", "authorization", "modifier", "load", "dialect", "device"] {
        let said = good(folder.path(), &["new", hook, "--lang", "c", hook]);
        assert!(said.contains("amprule build"), "it says what comes next: {said}");
        let built = amprule(folder.path(), &["build", hook]);
        if built.text.contains("apt install clang lld") && std::env::var_os("NEEDS_C").is_none() {
            return;
        }
        assert!(built.good, "{}", built.text);
        good(folder.path(), &["check", hook]);
        let tested = good(folder.path(), &["test", hook]);
        assert!(tested.contains(&format!("ok: {hook}:")) && !tested.contains("FAILED"), "{tested}");
    }
}

#[test]
fn a_machine_without_compilers_is_told_what_to_install() {
    let folder = folder();
    for (language, what, command) in [
        ("c", "clang and wasm-ld are needed", "apt install clang lld"),
        ("js", "node 20 or later with npm is needed", "apt install nodejs npm"),
        ("python", "componentize-py is neither in .venv/ nor on the path", "python3 -m venv python/.venv && "),
    ] {
        good(folder.path(), &["new", "pricing", "--lang", language, language]);
        let waiting = good(folder.path(), &["check", language]);
        assert!(waiting.contains("no plugin.wasm yet"), "{waiting}");
        let said = amprule_alone(folder.path(), &["build", language]).refused();
        assert!(said.contains(&format!("error: {what}; first run `{command}")), "{language}: {said}");
    }
}

fn sdk() -> String {
    folders::root().join("plugin-sdk").display().to_string()
}

#[test]
fn a_project_in_rust_is_not_made_inside_of_a_cargo_workspace() {
    let folder = folder();
    std::fs::write(folder.path().join("Cargo.toml"), "[workspace]\nmembers = []\n").expect("write a workspace");
    let said = bad(folder.path(), &["new", "pricing", "--lang", "rust", "mine"]);
    assert!(said.contains("would claim the new folder"), "{said}");
    assert!(!folder.path().join("mine").exists());
}

#[test]
fn a_case_that_fails_shows_what_differs() {
    let folder = folder();
    good(folder.path(), &["new", "pricing", "mine"]);
    save(folder.path(), "mine/main.rhai", |text| text.replace("params.energy_price)", "params.energy_price + 0.01)"));
    let said = bad(folder.path(), &["test", "mine", "--case", "an hour"]);
    for part in
        ["FAILED  an hour at 11 kW costs its energy (cases/first.toml)", "total", "-   \"5.39\"", "+   \"5.50\""]
    {
        assert!(said.contains(part), "{part:?} is missing in\n{said}");
    }
    let report = json(folder.path(), &["test", "mine", "--case", "an hour", "--json"]);
    assert_eq!(report["cases"][0]["differences"][0]["at"], "total");
    assert!(report["properties"].as_array().is_some_and(Vec::is_empty));
}

/// (what is wrong, the property, a part of the reason)
const WRONG: [(&str, &str, &str); 6] = [
    ("-5", "not-negative", "the lines add up to -"),
    ("if session.energy_kwh > 20 { 5 } else { session.energy_kwh }", "monotonic", "more cost 5"),
    ("if session.is_final { 1 } else { 1 / 0 }", "answers", "division by zero"),
    ("session.periods.len()", "cuttable", "with every period cut in two"),
    ("if session.time_zone == \"Europe/Berlin\" { throw \"no zone\" } else { 1 }", "answers", "no zone"),
    ("if session.duration_s > 9000 { -1 } else { 1 }", "not-negative", "add up to -1"),
];

#[test]
fn a_property_that_does_not_hold_prints_the_smallest_input_as_a_case_that_fails() {
    for (amount, property, why) in WRONG {
        let folder = folder();
        good(folder.path(), &["new", "pricing", "mine"]);
        let script = format!(
            "fn price(session) {{\n    let amount = {amount};\n    bill(\"EUR\", [line(\"x\", \"X\", amount)])\n}}\n"
        );
        save(folder.path(), "mine/main.rhai", |_| script);
        std::fs::remove_file(folder.path().join("mine/cases/first.toml")).expect("remove the cases");
        let said = bad(folder.path(), &["test", "mine", "--keep"]);
        assert!(said.contains(why), "{why:?} is missing in\n{said}");
        let kept = folder.path().join(format!("mine/cases/found-{property}.json"));
        let case: Value = serde_json::from_slice(&std::fs::read(&kept).expect("the case was kept")).expect("a case");
        let periods = case["input"]["periods"].as_array().expect("a session has periods").len();
        assert!(periods <= 2, "{amount}: {case:#}");
        let again = bad(folder.path(), &["check", "mine"]);
        assert!(again.contains(&format!("found: {property}")), "{amount}: {again}");
    }
}

#[test]
fn a_tariff_that_is_cheaper_for_more_says_so_in_its_manifest() {
    let folder = folder();
    good(folder.path(), &["new", "pricing", "mine"]);
    let cheaper = "fn price(session) {\n    let amount = if session.energy_kwh > 20 { 5 } else { session.energy_kwh };\n    bill(\"EUR\", [line(\"x\", \"X\", amount)])\n}\n";
    save(folder.path(), "mine/main.rhai", |_| cheaper.to_owned());
    std::fs::remove_file(folder.path().join("mine/cases/first.toml")).expect("remove the cases");
    bad(folder.path(), &["test", "mine"]);
    save(folder.path(), "mine/plugin.toml", |text| format!("{text}\n[properties]\nmonotonic = false\n"));
    let said = good(folder.path(), &["test", "mine"]);
    assert!(said.contains("more energy never costs less: declared in plugin.toml"), "{said}");
}

#[test]
fn a_policy_that_accepts_blocked_tokens_is_found() {
    let folder = folder();
    good(folder.path(), &["new", "authorization", "mine"]);
    save(folder.path(), "mine/main.rhai", |_| "fn authorize(request) {\n    accept()\n}\n".to_owned());
    let said = bad(folder.path(), &["test", "mine"]);
    assert!(said.contains("a blocked, expired or invalid token is never accepted: a token whose status is"), "{said}");
}

#[test]
fn a_modifier_that_takes_off_more_than_there_is_is_found() {
    let folder = folder();
    good(folder.path(), &["new", "modifier", "mine"]);
    let generous = "fn modify(session, bill) {\n    [line(\"gift\", \"A gift\", -1)]\n}\n";
    save(folder.path(), "mine/main.rhai", |_| generous.to_owned());
    std::fs::remove_file(folder.path().join("mine/cases/first.toml")).expect("remove the cases");
    let said = bad(folder.path(), &["test", "mine", "--keep"]);
    assert!(said.contains("no bill becomes negative: with its lines the bill is -"), "{said}");
    assert!(bad(folder.path(), &["check", "mine"]).contains("found: not-negative"));
}

#[test]
fn the_shipped_scripts_hold_every_property() {
    for name in ["flat-tariff", "spot-price", "time-of-use", "token-table", "opening-hours", "member-discount"] {
        let unit = folders::root().join("scripts").join(name).display().to_string();
        good(&folders::root(), &["test", &unit, "--runs", "60"]);
    }
}

#[test]
fn a_bench_tells_the_share_of_each_limit() {
    let folder = folder();
    good(folder.path(), &["new", "pricing", "mine"]);
    let said = amprule(folder.path(), &["bench", "mine"]).text;
    assert!(said.contains("1 periods") && said.contains("1000 periods") && said.contains('%'), "{said}");
    let report = json(folder.path(), &["bench", "mine", "--json"]);
    let fuel = |row: usize| report["rows"][row]["fuel"].as_u64().expect("operations are counted");
    assert!(fuel(3) > 100 * fuel(0), "a thousand periods cost more than one: {report}");
}

#[test]
fn dev_judges_every_save_and_survives_a_broken_one() {
    let folder = folder();
    good(folder.path(), &["new", "pricing", "mine"]);
    let dev = Going::start(folder.path(), &["dev", "mine"]);
    let first = dev.until("watching");
    assert!(first.contains("ok       mine 0.1.0") && first.contains("bill  11.13 EUR"), "{first}");

    save(folder.path(), "mine/plugin.toml", |text| text.replace("\"0.49\"", "\"1.00\""));
    let dearer = dev.until("watching");
    assert!(dearer.contains("bill  21.15 EUR") && dearer.contains("generation 2"), "{dearer}");

    let case = "name = \"bad\"\nhook = \"pricing\"\n[input]\n[expect]\ntotal = \"1.00\"\n";
    std::fs::write(folder.path().join("mine/cases/bad.toml"), case).expect("write a case");
    let failing = dev.until("watching");
    assert!(failing.contains("broken   mine") && failing.contains("total: expected"), "{failing}");
    assert!(failing.contains("bill  21.15 EUR"), "what it does is shown nevertheless: {failing}");
    std::fs::remove_file(folder.path().join("mine/cases/bad.toml")).expect("remove the case");
    assert!(dev.until("watching").contains("ok       mine"));

    save(folder.path(), "mine/main.rhai", |text| text.replace("let lines", "lte lines"));
    let broken = dev.until("watching");
    assert!(broken.contains("broken   mine") && broken.contains("main.rhai:") && broken.contains('^'), "{broken}");

    save(folder.path(), "mine/main.rhai", |text| text.replace("lte lines", "let lines"));
    assert!(dev.until("watching").contains("ok       mine"));
    assert!(dev.end().success(), "an interrupted dev ends in good order");
    let left: Vec<_> = std::fs::read_dir(folder.path()).expect("read the folder").collect();
    assert_eq!(left.len(), 1, "nothing is left behind: {left:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_tariff_is_active_in_a_running_server_and_its_decision_becomes_a_case() {
    let mut server = Setup::default().start().await;
    let api = server.api();
    api.accept(&["CARD-1"]);
    good(&server.path("scripts"), &["new", "pricing", "mine"]);
    until("the new tariff is active", || {
        let extension = api.get("/api/v1/extensions/mine");
        (extension.status == 200 && extension.body["state"] == "active").then_some(())
    })
    .await;
    let mut station = Station16::boot(&server, "cs-1").await;
    let transaction = station.start(1, "CARD-1", 0, &ago(60)).await;
    station.stop(transaction, 10_000, &ago(0)).await;
    let decision = until("the decision is recorded", || {
        let decisions = api.all("/api/v1/decisions");
        let bill = decisions.iter().find(|decision| decision["input"]["purpose"] == "final")?;
        bill["id"].as_str().map(str::to_owned)
    })
    .await;

    let (unit, data) = (server.path("scripts/mine"), server.path("data"));
    let (unit, data) = (unit.display().to_string(), data.display().to_string());
    let record = ["test", unit.as_str(), "--record", decision.as_str(), "--data", data.as_str()];
    let running = [&record[..], &["--api", server.api_base.as_str()]].concat();
    assert!(good(&server.path("."), &running).contains("recorded"), "from a running server");
    let tested = good(&server.path("."), &["test", &unit, "--case", "decision"]);
    assert!(tested.contains("1 of 1 cases"), "{tested}");

    std::fs::remove_file(server.path(&format!("scripts/mine/cases/decision-{decision}.json")))
        .expect("a case was made");
    assert!(server.stop().success());
    good(&server.path("."), &record);
}

/// A policy that looks cards up lets in nobody else: what is drawn must be in its tables.
#[test]
fn a_policy_that_lets_blocked_cards_of_its_table_in_is_found() {
    let folder = folder();
    let manifest = "id = \"members\"\nversion = \"1.0.0\"\nhooks = [\"authorization\"]\n\
                    [tables.members]\nkey = \"card\"\ncolumns = { card = \"token\", level = \"text\" }\n";
    let code = "fn authorize(request) {\n    if lookup(\"members\", request.token.id) == () {\n        \
                return reject(\"Unknown\");\n    }\n    accept()\n}\n";
    for (name, text) in
        [("plugin.toml", manifest), ("main.rhai", code), ("tables/members.csv", "card,level\nANNA01,gold\n")]
    {
        let file = folder.path().join("members").join(name);
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("make it");
        std::fs::write(file, text).expect("write a file of the unit");
    }
    let said = bad(folder.path(), &["test", "members"]);
    assert!(said.contains("FAILED") && said.contains("blocked, expired or invalid"), "{said}");
}

#[test]
fn a_tariff_by_hours_without_boundaries_is_told() {
    let folder = folder();
    good(folder.path(), &["new", "pricing", "mine"]);
    save(folder.path(), "mine/main.rhai", |text| {
        format!("{text}\nfn is_night(period) {{\n    period.is_between(22 * 60, 6 * 60)\n}}\n")
    });
    let said = good(folder.path(), &["check", "mine"]);
    assert!(said.contains("AR0127") && said.contains("names no boundaries"), "{said}");
    save(folder.path(), "mine/plugin.toml", |text| {
        text.replace("hooks =", "boundaries = [\"22:00\", \"06:00\"]\nhooks =")
    });
    assert!(!good(folder.path(), &["check", "mine"]).contains("AR0127"));
}

#[test]
fn a_fault_is_told_once_at_the_line_where_the_code_stops() {
    let folder = folder();
    good(folder.path(), &["new", "pricing", "mine"]);
    save(folder.path(), "mine/main.rhai", |text| text.replace("let lines", "throw \"no price\";\n    let lines"));
    let said = bad(folder.path(), &["check", "mine"]);
    assert_eq!(said.matches("no price").count(), 2, "the message and the line: {said}");
    assert!(said.contains("mine: 1 error") && said.contains("main.rhai:") && said.contains("; so do"), "{said}");
    let sarif = amprule(folder.path(), &["check", "mine", "--format", "sarif"]).text;
    assert!(sarif.contains("\"uri\": \"mine/main.rhai\"") && !sarif.contains("\"uri\": \"mine/cases"), "{sarif}");
}

#[test]
fn files_that_nobody_reads_and_entries_that_are_not_there_are_told() {
    let folder = folder();
    good(folder.path(), &["new", "pricing", "mine"]);
    std::fs::write(folder.path().join("mine/parameter.toml"), "energy_price = \"9\"\n").expect("write a file");
    std::fs::write(folder.path().join("mine/cases/one.yaml"), "name: one\n").expect("write a file");
    let said = good(folder.path(), &["check", "mine"]);
    assert!(
        said.contains("parameter.toml is not read") && said.contains("is it meant to be parameters.toml?"),
        "{said}"
    );
    assert!(said.contains("cases/one.yaml is not read"), "{said}");
    std::fs::rename(folder.path().join("mine/main.rhai"), folder.path().join("mine/tariff.rhai")).expect("rename");
    let said = bad(folder.path(), &["check", "mine"]);
    assert!(said.contains("there is no main.rhai") && said.contains("entry = \"NAME.rhai\""), "{said}");
}

#[test]
fn a_code_is_explained_and_an_unknown_one_lists_the_others() {
    let folder = folder();
    assert!(good(folder.path(), &["check", "--explain", "AR0103"]).contains("there is no such field"));
    assert!(bad(folder.path(), &["check", "--explain", "AR9999"]).contains("AR0301"));
    good(folder.path(), &["new", "pricing", "mine"]);
    save(folder.path(), "mine/main.rhai", |text| text.replace("session.energy_kwh", "session.enery_kwh"));
    let said = bad(folder.path(), &["check", "mine"]);
    assert!(said.contains("error[AR0103]: a session has no field enery_kwh"), "{said}");
    assert!(said.contains("did you mean `energy_kwh`?"), "{said}");
}

#[test]
fn definitions_beside_a_script_are_no_part_of_it() {
    let folder = folder();
    good(folder.path(), &["new", "pricing", "mine"]);
    let before = good(folder.path(), &["check", "mine"]);
    good(folder.path(), &["definitions", "-o", "mine"]);
    assert_eq!(good(folder.path(), &["check", "mine"]), before, "the hash stays");
    assert!(folder.path().join("mine/amprule.d.rhai").is_file());
}

#[test]
fn a_unit_is_found_from_within_its_folder() {
    let folder = folder();
    good(folder.path(), &["new", "pricing", "mine"]);
    let inside = folder.path().join("mine");
    for args in [&["check"][..], &["check", "."], &["check", "main.rhai"], &["test"], &["test", "main.rhai"]] {
        assert!(good(&inside, args).contains("mine"), "{args:?}");
    }
    std::fs::write(folder.path().join("alone.rhai"), units::tariff("0.40")).expect("write a script");
    assert!(good(folder.path(), &["check", "alone.rhai"]).contains("alone"));
}

#[test]
fn a_case_that_fails_is_shown_where_it_expects_something_else_and_a_default_is_named_where_it_may_be_one() {
    let folder = folder();
    good(folder.path(), &["new", "pricing", "mine"]);
    let case = "[[case]]\nname = \"ten\"\nhook = \"pricing\"\n[case.input]\nperiods = [{ startedAt = 2026-07-01T10:00:00Z, \
                endedAt = 2026-07-01T11:00:00Z, energyWh = 10000 }]\n[case.expect]\ntotal = \"9.99\"\n";
    std::fs::write(folder.path().join("mine/cases/ten.toml"), case).expect("write a case");
    let said = bad(folder.path(), &["check", "mine"]);
    assert!(said.contains("cases/ten.toml:7") && said.contains("energy_price = 0.49"), "{said}");
    save(folder.path(), "mine/main.rhai", |text| text.replace("bill(params.currency, lines)", "1 / 0"));
    let said = bad(folder.path(), &["check", "mine"]);
    assert!(said.contains("division by zero") && !said.contains("relies on the defaults"), "{said}");
}

#[test]
fn a_case_that_cannot_be_read_is_not_called_missing() {
    let folder = folder();
    good(folder.path(), &["new", "pricing", "--lang", "rhai", "mine"]);
    let odd = r#"{"name": "odd", "hook": "pricing", "imput": {}, "expect": {}}"#;
    std::fs::write(folder.path().join("mine/cases/odd.json"), odd).expect("write a case");
    let said = bad(folder.path(), &["test", "mine", "--case", "odd"]);
    assert!(said.contains("unknown field `imput`") && !said.contains("no case of"), "{said}");
}

/// SARIF 2.1.0: 3.13 (log), 3.14 (run), 3.27 (result), 3.30 (region).
#[test]
fn findings_come_in_forms_that_editors_and_build_servers_take() {
    let folder = folder();
    good(folder.path(), &["new", "pricing", "--lang", "rhai", "mine"]);
    let script = "fn price(session) {\n    bill(\"EUR\", [linn(1)])\n}\n";
    std::fs::write(folder.path().join("mine/main.rhai"), script).expect("write a script");
    let parsed = |format: &str| -> Value {
        let said = amprule(folder.path(), &["check", "mine", "--format", format]).output;
        serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"))
    };
    let json = parsed("json");
    let found = &json["units"][0]["findings"][0];
    assert_eq!((&json["good"], &json["units"][0]["verdict"]), (&Value::Bool(false), &Value::from("broken")));
    assert_eq!((&found["severity"], &found["line"], &found["column"]), (&"error".into(), &2.into(), &18.into()));
    let sarif = parsed("sarif");
    let run = &sarif["runs"][0];
    let result = &run["results"][0];
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!((&sarif["version"], &run["tool"]["driver"]["name"]), (&"2.1.0".into(), &"amprule".into()));
    assert_eq!(
        (&place["artifactLocation"]["uri"], &place["region"]["startLine"]),
        (&"mine/main.rhai".into(), &2.into())
    );
    let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
    assert!(rules.iter().any(|rule| rule["id"] == result["ruleId"]), "{result}");
    assert!(result["message"]["text"].as_str().is_some_and(|text| text.contains("did you mean `line(")), "{result}");
}
