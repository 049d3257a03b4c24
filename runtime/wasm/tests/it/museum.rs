//! Plugins as they were compiled for each released version of the contract: they still load, and still decide alike.
//!
//! `cargo xtask museum add` puts the present plugins there and has this test write down their decisions.

use std::fs;
use std::path::{Path, PathBuf};

use amprule_domain::decision::Hook;
use amprule_hooks::manifest::with_overrides;
use amprule_hooks::{Answer, Source, Unit, cases};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::harness::{budget, compile};
use crate::shipped::read;

const ADDING: &str = "AMPRULE_MUSEUM_ADD";

#[test]
fn every_plugin_of_the_museum_decides_as_on_the_day_when_it_was_frozen() {
    let exhibits = exhibits();
    for folder in &exhibits {
        let unit = compile(&read(folder));
        let file = folder.join("decisions.json");
        if !file.exists() && std::env::var_os(ADDING).is_some() {
            let text = serde_json::to_string_pretty(&decide(&read(folder), &*unit)).expect("plain data");
            fs::write(&file, text + "\n").expect("write an exhibit's decisions");
        }
        let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let decisions: Vec<Value> = serde_json::from_str(&text).expect("decisions are a list");
        assert!(decisions.len() >= 3, "{} has only {} decisions", folder.display(), decisions.len());
        for decision in &decisions {
            let output = ask(&*unit, &decision["hook"], &decision["input"]);
            assert_eq!(output, decision["output"], "{}: {}", folder.display(), decision["name"]);
        }
    }
}

#[test]
fn the_first_exhibits_are_still_there() {
    for name in ["1.0.0/blueprint", "1.0.0/fleet-only", "1.0.0/night-rate", "1.0.0/blocking-fee"] {
        assert!(museum().join(name).join("plugin.wasm").exists(), "{name} left the museum");
    }
}

/// What a plugin decides in each of its own cases.
fn decide(source: &Source, unit: &dyn Unit) -> Vec<Value> {
    let texts = source.files.iter().filter(|(path, _)| cases::is_case_file(path)).map(|(_, bytes)| bytes);
    let cases = texts.map(|bytes| serde_json::from_slice::<Value>(bytes).expect("a case is JSON"));
    let one = |case: &Value| {
        let overrides: Map<String, Value> = case["parameters"].as_object().cloned().unwrap_or_default();
        let declared = &source.manifest.parameters;
        let parameters = with_overrides(declared, &source.parameters, &overrides).expect("they fit the manifest");
        let mut input = case["input"].clone();
        input["parameters"] = parameters.into();
        let output = ask(unit, &case["hook"], &input);
        json!({"name": case["name"], "hook": case["hook"], "input": input, "output": output})
    };
    cases.flat_map(|file| file.as_array().cloned().unwrap_or_else(|| vec![file])).map(|case| one(&case)).collect()
}

fn ask(unit: &dyn Unit, hook: &Value, input: &Value) -> Value {
    let hook = Hook::ALL.into_iter().find(|known| *hook == known.as_str()).expect("the hook is known");
    match hook {
        Hook::Pricing => told(unit.price(&whole(input), &budget())),
        Hook::Authorization => told(unit.authorize(&whole(input), &budget())),
        Hook::Modifier => told(unit.modify(&whole(input), &budget())),
    }
}

fn whole<T: DeserializeOwned>(input: &Value) -> T {
    serde_json::from_value(input.clone()).expect("the input is whole")
}

fn told<T: Serialize>(answer: Answer<T>) -> Value {
    let output = answer.result.map(|output| serde_json::to_value(output).expect("plain data"));
    output.unwrap_or_else(|fault| json!({"fault": fault.class}))
}

/// `tests/museum/<version of the contract>/<plugin>`; data folders stand beside them.
fn exhibits() -> Vec<PathBuf> {
    let versions = folders(&museum()).into_iter().filter(|folder| !folder.ends_with("folders"));
    let mut exhibits: Vec<PathBuf> = versions.flat_map(|version| folders(&version)).collect();
    exhibits.sort();
    exhibits
}

fn folders(within: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(within).unwrap_or_else(|error| panic!("{}: {error}", within.display()));
    entries.map(|entry| entry.expect("a readable folder").path()).filter(|path| path.is_dir()).collect()
}

fn museum() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/museum")
}
