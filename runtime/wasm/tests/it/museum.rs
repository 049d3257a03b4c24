//! Plugins as they were compiled for each released version of the contract: they still load, and still decide alike.
//!
//! `cargo xtask museum add` puts the present plugins there and has this test write down their decisions.

use std::fs;
use std::path::{Path, PathBuf};

use amprule_hooks::cases::Ready;
use amprule_hooks::{Answer, Source, Unit, cases};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::harness::{budget, compile, printed};
use crate::shipped::read;

const ADDING: &str = "AMPRULE_MUSEUM_ADD";

#[test]
fn every_plugin_of_the_museum_decides_as_on_the_day_when_it_was_frozen() {
    let exhibits = exhibits();
    let is_slow = std::env::var_os("RUN_SLOW").is_some();
    for folder in &exhibits {
        // Those with an engine in them compile for minutes.
        if folder.join("plugin.wasm.zst").exists() && !is_slow {
            continue;
        }
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
            let hook = decision["hook"].as_str().expect("a hook");
            let output = ask(&*unit, hook, &decision["input"]);
            assert_eq!(output, decision["output"], "{}: {}", folder.display(), decision["name"]);
        }
    }
}

#[test]
fn the_first_exhibits_are_still_there() {
    let of_rust = ["blueprint", "fleet-only", "night-rate", "blocking-fee", "price-list", "curious"];
    let of_languages = ["idle-fee-rust", "idle-fee-c", "idle-fee-js", "idle-fee-python"];
    for name in of_rust.into_iter().chain(of_languages) {
        let exhibit = museum().join("1.0.0").join(name);
        assert!(!read(&exhibit).entry().is_empty(), "{name} left the museum");
    }
}

/// What was released never changes. More comes as files of their own; worlds are for authors, and no component knows them.
#[test]
fn released_interfaces_are_as_they_were() {
    let sdk = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugin-sdk/wit/deps");
    let released = folders(&museum()).into_iter().filter(|folder| !folder.ends_with("folders"));
    let mut seen = 0;
    for package in released.flat_map(|version| folders(&version.join("contract"))) {
        for file in fs::read_dir(&package).expect("a readable folder") {
            let file = file.expect("a readable file").path();
            let name = Path::new(package.file_name().expect("a name")).join(file.file_name().expect("a name"));
            let (then, now) = (fs::read(&file), fs::read(sdk.join(&name)));
            let is_same = then.expect("readable") == now.unwrap_or_default();
            assert!(is_same, "{} was released; what is new comes as a file of its own", name.display());
            seen += 1;
        }
    }
    assert!(seen >= 7, "{seen} files of the contract were released");
}

/// What a plugin decides in each of its own cases, and what a tariff says that it charges.
fn decide(source: &Source, unit: &dyn Unit) -> Vec<Value> {
    let (cases, broken) = cases::ready(source);
    assert!(broken.is_empty(), "{}", printed(&broken));
    let one = |case: &Ready| {
        let (hook, input) = (case.question.asks(), case.question.json());
        json!({"name": case.name, "hook": hook, "output": ask(unit, hook, &input), "input": input})
    };
    // By the exhibit's own tables: those that a case brings along are not kept.
    let mut decisions: Vec<Value> = cases.iter().map(one).collect();
    let question = json!({
        "now": "2026-07-01T10:00:00Z", "from": "2026-07-01T10:00:00Z", "to": "2026-07-08T10:00:00Z",
        "timeZone": "Europe/Berlin", "token": null, "parameters": cases::usual_parameters(source),
        "station": {"id": "cs-1", "location": null, "vendor": "", "model": "", "evse": 1, "connector": 1},
    });
    let offer = ask(unit, "offer", &question);
    if !offer.is_null() {
        decisions.push(json!({"name": "what it charges", "hook": "offer", "output": offer, "input": question}));
    }
    decisions
}

fn ask(unit: &dyn Unit, hook: &str, input: &Value) -> Value {
    match hook {
        "pricing" => told(unit.price(&whole(input), &budget())),
        "authorization" => told(unit.authorize(&whole(input), &budget())),
        "modifier" => told(unit.modify(&whole(input), &budget())),
        "offer" => unit.describe(&whole(input), &budget()).map_or(Value::Null, told),
        other => panic!("there is no hook {other}"),
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
    let within = versions.flat_map(|version| folders(&version));
    let mut exhibits: Vec<PathBuf> = within.filter(|folder| !folder.ends_with("contract")).collect();
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
