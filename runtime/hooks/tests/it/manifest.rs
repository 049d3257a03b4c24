//! Manifests and parameters: texts in, values or complaints out.

use amprule_domain::decision::Hook;
use amprule_hooks::manifest::{Declaration, parse};
use serde_json::{Value, json};

const HEAD: &str = "id = \"tou\"\nversion = \"1.0.0\"\nhooks = [\"pricing\"]\n";

fn declare<'a>(manifest: &'a str, parameters: Option<&'a str>) -> Declaration<'a> {
    Declaration { file: "plugin.toml", manifest, parameters, entry: "main.rhai" }
}

fn complaint(manifest: &str, parameters: Option<&str>) -> String {
    match parse(&declare(manifest, parameters)) {
        Ok(_) => "none".to_owned(),
        Err(found) => found.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
    }
}

#[test]
fn a_manifest_with_everything_is_understood() {
    let text = r#"
id = "time-of-use"
version = "1.0.0"
description = "Cheaper at night"
api = 1
hooks = ["pricing", "authorization", "modifier", "load", "dialect"]
entry = "main.rhai"
pin = "none"
on_error = "no-opinion"
boundaries = ["$peak_from", "22:00", "06:00"]
[dialect]
stations = [{ vendor = "Acme", model = "Wall*" }, { firmware = "1.*" }]
actions = ["DataTransfer"]
removes = ["unit-repaired"]
[capabilities]
log = "to say why"
[limits]
fuel = 1000
wall_ms = 20
memory_mib = 8
[parameters.energy_price]
type = "decimal"
default = "0.49"
min = "0"
max = 2
[parameters.peak_from]
type = "time"
default = "07:30"
[parameters.grace_minutes]
type = "integer"
default = 15
[parameters.currency]
type = "currency"
default = "EUR"
[parameters.groups]
type = "list"
[parameters.weekends]
type = "boolean"
default = true
"#;
    let operator = "energy_price = 0.10\ngroups = [\"staff\"]\npeak_from = \"08:00\"";
    let (manifest, values) = parse(&declare(text, Some(operator))).unwrap();
    assert_eq!(manifest.hooks, Hook::ALL);
    assert_eq!(manifest.boundaries, [360, 480, 1320]);
    assert!(!manifest.pinned);
    assert_eq!(manifest.limits.memory_mib, Some(8));
    let expect = json!({"energy_price": "0.10", "groups": ["staff"], "peak_from": "08:00", "grace_minutes": 15, "currency": "EUR", "weekends": true});
    assert_eq!(Value::Object(values), expect);
}

#[test]
fn a_dialect_names_messages_and_marks_that_there_are() {
    let head = HEAD.replace("pricing", "dialect") + "[dialect]\nstations = [{ vendor = \"Acme\" }]\n";
    for (words, says) in [
        ("actions = [\"DataTransfer\", \"malformed\"]\nremoves = [\"no-token\", \"number-for-text\"]", vec!["none"]),
        (
            "actions = [\"Heartbeat\", \"StartTransacton\"]",
            vec!["plugin.toml:6:25", "there is no message \"StartTransacton\"", "did you mean \"StartTransaction\"?"],
        ),
        ("actions = [\"meterValues\"]", vec!["did you mean \"MeterValues\"?"]),
        ("actions = [\"zzz\"]", vec!["there is no message \"zzz\"", "OCPP's names of requests"]),
        ("removes = [\"no-tokens\"]", vec!["plugin.toml:6:12", "there is no mark", "did you mean \"no-token\"?"]),
        ("removes = [\"zzz\"]", vec!["there is no mark \"zzz\"", "docs/marks.md"]),
    ] {
        let complaint = complaint(&format!("{head}{words}"), None);
        for part in says {
            assert!(complaint.contains(part), "{words}\nexpected {part:?} in\n{complaint}");
        }
    }
}

#[test]
fn complaints_name_the_place_and_what_is_likely_meant() {
    let cases = [
        (HEAD.replace("hooks", "hoks"), vec!["plugin.toml:3:1", "did you mean \"hooks\"?", "hooks is missing"]),
        (HEAD.replace("tou", "Time Of Use"), vec!["plugin.toml:1:6", "small letters, digits and hyphens"]),
        (HEAD.replace("\"1.0.0\"", "1"), vec!["plugin.toml:2:11", "version must be a text in quotes"]),
        (HEAD.replace("\"pricing\"", "\"price\""), vec!["there is no hook \"price\"", "did you mean \"pricing\"?"]),
        (format!("{HEAD}api = 2"), vec!["this host speaks contract version 1, not 2"]),
        (format!("{HEAD}pin = \"sesion\""), vec!["did you mean \"session\"?"]),
        (format!("{HEAD}entry = \"../main.rhai\""), vec!["directly in the unit's folder"]),
        (format!("{HEAD}boundaries = [\"25:00\"]"), vec!["\"25:00\" is no time of the day"]),
        (format!("{HEAD}boundaries = [\"$peak\"]"), vec!["there is no parameter \"peak\""]),
        (
            format!("{HEAD}[capabilities]\nnetwork = \"to call home\""),
            vec!["plugin.toml:5:1", "no key \"network\"", "known are log"],
        ),
        (format!("{HEAD}[limits]\nfuel = 0"), vec!["nothing can run"]),
        (format!("{HEAD}[parameters.rate]\ntype = \"money\""), vec!["\"money\" is no type of a parameter"]),
        (
            format!("{HEAD}[parameters.rate]\ntype = \"decimal\"\ndefault = \"abc\""),
            vec!["plugin.toml:6:11", "no decimal number"],
        ),
        (
            format!("{HEAD}[parameters.rate]\ntype = \"integer\"\ndefault = 5\nmax = 4"),
            vec!["more than the most allowed, 4"],
        ),
        (
            format!("{HEAD}[parameters.rate]\ntype = \"decimal\""),
            vec!["parameter rate has no default and is not given"],
        ),
        (format!("{HEAD}x = [1,"), vec!["not valid TOML", "plugin.toml:4:"]),
    ];
    for (manifest, says) in cases {
        let complaint = complaint(&manifest, None);
        for part in says {
            assert!(complaint.contains(part), "{manifest}\nexpected {part:?} in\n{complaint}");
        }
    }
}

#[test]
fn the_operators_values_are_checked_where_they_stand() {
    let manifest = format!(
        "{HEAD}[parameters.rate]\ntype = \"decimal\"\ndefault = \"1\"\nmin = 0\n[parameters.from]\ntype = \"time\"\ndefault = \"07:00\""
    );
    let cases = [
        ("rate = -1", vec!["parameters.toml:1:8", "less than the least allowed, 0"]),
        ("rte = 1", vec!["the unit has no parameter \"rte\"", "did you mean \"rate\"?"]),
        ("rate = true", vec!["must be a decimal number"]),
        ("from = 7", vec!["must be a time of the day"]),
        ("from = \"7:00\"", vec!["no time of the day"]),
        ("\nrate = ", vec!["parameters.toml:2:", "not valid TOML"]),
    ];
    for (parameters, says) in cases {
        let complaint = complaint(&manifest, Some(parameters));
        for part in says {
            assert!(complaint.contains(part), "{parameters}\nexpected {part:?} in\n{complaint}");
        }
    }
    assert_eq!(complaint(&manifest, Some("rate = 0.1\nfrom = \"08:00\"")), "none");
}
