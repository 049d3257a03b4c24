//! What editors are given agrees with what the server says: schemas refuse what the check refuses.

use std::path::{Path, PathBuf};

use amprule_tests::command::amprule;
use amprule_tests::{folders, units};
use jsonschema::Validator;
use serde_json::Value;
use tempfile::TempDir;

fn schema(place: &Path, of: &[&str]) -> Validator {
    let printed = amprule(place, &[&["schema"], of].concat());
    let schema = serde_json::from_str(&printed.output).unwrap_or_else(|error| panic!("{error}: {}", printed.text));
    jsonschema::validator_for(&schema).expect("the schema is a schema")
}

/// TOML as editors see it: a moment is a text.
fn plain(text: &str) -> Value {
    fn plain(value: toml::Value) -> Value {
        match value {
            toml::Value::Datetime(at) => Value::from(at.to_string()),
            toml::Value::Array(items) => items.into_iter().map(plain).collect(),
            toml::Value::Table(table) => table.into_iter().map(|(name, value)| (name, plain(value))).collect(),
            other => serde_json::to_value(other).expect("TOML is plain data"),
        }
    }
    plain(toml::Value::Table(toml::from_str(text).expect("TOML")))
}

fn read(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).expect("read a file");
    if path.extension().is_some_and(|name| name == "toml") {
        return plain(&text);
    }
    serde_json::from_str(&text).expect("JSON")
}

fn accepts(schema: &Validator, value: &Value, what: &Path) {
    assert!(schema.is_valid(value), "{}: {:?}", what.display(), schema.iter_errors(value).next());
}

/// The folders of the shipped units.
fn shipped() -> impl Iterator<Item = PathBuf> {
    let files = ["scripts", "plugins"].map(|folder| folders::files(&folders::root().join(folder)));
    let manifests = files.into_iter().flatten().filter(|path| path.ends_with("plugin.toml"));
    manifests.filter_map(|path| path.parent().map(Path::to_owned))
}

/// (a manifest's additional line, whether check and schema accept it)
const MANIFESTS: [(&str, bool); 13] = [
    ("", true),
    ("pin = \"none\"", true),
    ("pin = \"never\"", false),
    ("api = 2", false),
    ("hoks = []", false),
    ("inputs = [\"current\", \"attribute.class\"]", true),
    ("inputs = [\"curent\"]", false),
    ("inputs = \"current\"", false),
    ("limits = { fuel = 1000000 }", true),
    ("limits = { fuel = 0 }", false),
    ("properties = { monotonic = false }", true),
    ("properties = { monotonous = false }", false),
    ("parameters = { rate = { type = \"number\" } }", false),
];

/// The schema that editors use says what the check says.
#[test]
fn the_manifests_schema_and_the_check_agree() {
    let folder = TempDir::with_prefix("amprule-editor-").expect("make a folder for the test");
    let schema = schema(folder.path(), &["manifest"]);
    let unit = folder.path().join("mine");
    std::fs::create_dir(&unit).expect("make the unit's folder");
    std::fs::write(unit.join("main.rhai"), units::tariff("0.40")).expect("write a script");
    for (line, accepted) in MANIFESTS {
        let text = format!("id = \"mine\"\nversion = \"1\"\nhooks = [\"pricing\"]\n{line}\n");
        std::fs::write(unit.join("plugin.toml"), &text).expect("write a manifest");
        let checked = amprule(folder.path(), &["check", "mine"]);
        assert_eq!(checked.good, accepted, "{line}: {}", checked.text);
        assert_eq!(schema.is_valid(&plain(&text)), accepted, "{line}");
    }
}

#[test]
fn all_that_is_shipped_fits_its_schemas() {
    let place = folders::root();
    let (manifests, any) = (schema(&place, &["manifest"]), schema(&place, &["case"]));
    let maps = schema(&place, &["device"]);
    let mut cases = 0;
    for unit in shipped() {
        accepts(&manifests, &read(&unit.join("plugin.toml")), &unit);
        let map = Some(unit.join("device.toml")).filter(|map| map.exists());
        map.iter().for_each(|map| accepts(&maps, &read(map), map));
        // Plugins are not built here.
        let is_script = unit.starts_with(place.join("scripts"));
        let own = is_script.then(|| schema(&place, &["case", &unit.display().to_string()]));
        let folder = Some(unit.join("cases")).filter(|folder| folder.is_dir());
        for file in folder.iter().flat_map(|folder| folders::files(folder)) {
            [Some(&any), own.as_ref()].into_iter().flatten().for_each(|schema| accepts(schema, &read(&file), &file));
            cases += 1;
        }
    }
    assert!(cases > 20, "{cases} cases were looked at");
}

/// What is changed in a map, and whether it is one then.
const MAPS: [(&str, &str, bool); 25] = [
    ("", "", true),
    ("phases = 3", "phases = 4", false),
    ("poll_ms = 1000", "poll_ms = 10", false),
    ("poll_ms", "pol_ms", false),
    ("vendor = \"Maker\"", "", false),
    ("min_a = 6", "min_a = \"6.5\"", true),
    ("min_a = 6", "min_a = \"six\"", false),
    ("register = 100", "register = 65536", false),
    ("register = 100", "register = 100, function = \"input\"", true),
    ("register = 100", "register = 100, function = \"output\"", false),
    ("register = 100", "function = \"input\"", false),
    ("type = \"u32\"", "type = \"f64\", swap = true, none = [0xffff]", true),
    ("type = \"u32\"", "type = \"u24\"", false),
    ("type = \"u32\"", "minus = [\"state\"]", true),
    ("register = 201, value = 1", "send = \"$FE\", wire = \"line\"", true),
    ("register = 201, value = 1", "send = \"$FE\", get = \"/\"", false),
    ("type = \"u32\"", "type = \"u32\", shift = 64", false),
    ("is = \"plugged\"", "is = \"plugged-in\"", false),
    ("{ state = 3 }", "{ state = [3, 5] }", true),
    ("{ state = 3 }", "{ state = { mask = 4, is = 0 } }", true),
    ("{ state = 3 }", "{ state = { above = 4 } }", false),
    ("value = 1 }", "valu = 1 }", false),
    ("register = 201, value = 1", "post = \"/on\", wire = \"web\", body = \"{value}\", value = 1", true),
    ("register = 201, value = 1", "post = \"on\"", false),
    ("[commands]", "[comands]", false),
];

#[test]
fn the_schema_of_maps_and_the_check_agree() {
    let folder = TempDir::with_prefix("amprule-editor-").expect("make a folder for the test");
    amprule(folder.path(), &["new", "device", "mine", "--lang", "map"]).ok();
    std::fs::remove_dir_all(folder.path().join("mine/cases")).expect("a map alone");
    let schema = schema(folder.path(), &["device"]);
    let file = folder.path().join("mine/device.toml");
    let map = std::fs::read_to_string(&file).expect("a map was made");
    for (from, to, accepted) in MAPS {
        assert!(map.contains(from), "{from}");
        let text = map.replacen(from, to, 1);
        std::fs::write(&file, &text).expect("write a map");
        let checked = amprule(folder.path(), &["check", "mine"]);
        assert_eq!(checked.good, accepted, "{to}: {}", checked.text);
        let value = plain(&text);
        assert_eq!(schema.is_valid(&value), accepted, "{to}: {:?}", schema.iter_errors(&value).next());
    }
}

/// What is changed in a case, and whether it is one then.
const CASES: [(&str, &str, bool); 10] = [
    ("", "", true),
    ("{\"name\"", "{\"$schema\": \"../case.json\", \"name\"", true),
    ("\"4.90\"", "4.9", true),
    ("energyWh", "energyWH", false),
    ("\"hook\"", "\"hooks\"", false),
    ("\"pricing\"", "\"prising\"", false),
    ("\"parameters\": {}", "\"parameters\": {\"pice\": 1}", false),
    ("\"parameters\": {}", "\"parameters\": {\"energy_price\": true}", false),
    ("2026-07-01T10:00:00Z", "soon", false),
    ("\"charging\"", "\"loading\"", false),
];

#[test]
fn the_schema_of_cases_and_the_check_agree() {
    let case = r#"{"name": "ten", "hook": "pricing", "parameters": {}, "expect": {"total": "4.90"},
        "input": {"periods": [{"startedAt": "2026-07-01T10:00:00Z", "endedAt": "2026-07-01T11:00:00Z", "energyWh": 10000,
            "state": "charging"}]}}"#;
    let folder = TempDir::with_prefix("amprule-editor-").expect("make a folder for the test");
    folders::copy(&folders::root().join("scripts/flat-tariff"), &folder.path().join("mine"));
    let schema = schema(folder.path(), &["case", "mine"]);
    for (from, to, accepted) in CASES {
        let text = case.replacen(from, to, 1);
        std::fs::write(folder.path().join("mine/cases/ten.json"), &text).expect("write a case");
        let checked = amprule(folder.path(), &["check", "mine"]);
        assert_eq!(checked.good, accepted, "{to}: {}", checked.text);
        let value = serde_json::from_str(&text).expect("JSON");
        // A moment's format is for the eye: editors need not check it.
        if to != "soon" {
            assert_eq!(schema.is_valid(&value), accepted, "{to}: {:?}", schema.iter_errors(&value).next());
        }
    }
}

/// What an operator writes, and whether it is accepted.
const PARAMETERS: [(&str, bool); 7] = [
    ("# the defaults\n", true),
    ("energy_price = \"0.59\"", true),
    ("energy_price = 0.59", true),
    ("energy_price = true", false),
    ("vat_percent = 101", false),
    ("enegy_price = \"0.59\"", false),
    ("currency = \"euro\"", false),
];

#[test]
fn the_schemas_of_parameters_and_tables_and_the_check_agree() {
    let folder = TempDir::with_prefix("amprule-editor-").expect("make a folder for the test");
    folders::copy(&folders::root().join("scripts/flat-tariff"), &folder.path().join("mine"));
    let parameters = schema(folder.path(), &["parameters", "mine"]);
    for (text, accepted) in PARAMETERS {
        std::fs::write(folder.path().join("mine/parameters.toml"), text).expect("write parameters");
        let checked = amprule(folder.path(), &["check", "mine"]);
        assert_eq!(checked.good, accepted, "{text}: {}", checked.text);
        assert_eq!(parameters.is_valid(&plain(text)), accepted, "{text}");
    }
    folders::copy(&folders::root().join("scripts/spot-price"), &folder.path().join("spot"));
    let table = schema(folder.path(), &["table", "spot"]);
    let row = r#"[{"from": "2026-11-21T08:15:00+01:00", "eur_per_mwh": "81.2", "more": 1}]"#;
    for (from, to, accepted) in
        [("", "", true), ("\"81.2\"", "81.2", true), ("81.2", "81,2", false), ("from", "frm", false)]
    {
        let text = row.replacen(from, to, 1);
        let tables = folder.path().join("spot/tables");
        std::fs::remove_dir_all(&tables).ok();
        std::fs::create_dir(&tables).expect("make a folder");
        std::fs::write(tables.join("spot.json"), &text).expect("write a table");
        let checked = amprule(folder.path(), &["check", "spot"]);
        assert_eq!(checked.good, accepted, "{text}: {}", checked.text);
        let value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(table.is_valid(&value), accepted, "{text}: {:?}", table.iter_errors(&value).next());
    }
}
