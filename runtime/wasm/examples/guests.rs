//! What a plugin costs in each language: its size, how long it takes to load, and one price in a fresh sandbox.
//!
//! `cargo xtask guests --install && cargo run --release -p amprule-wasm --example guests`

#![expect(clippy::print_stdout, reason = "this is a program for a terminal")]

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use amprule_domain::pricing::PricingInput;
use amprule_hooks::manifest::{Declaration, parse};
use amprule_hooks::{Budget, Compiler, Deadline, Kind, Source, Unit};
use amprule_wasm::{Settings, WasmCompiler};
use serde_json::json;

const CALLS: usize = 200;

fn main() -> Result<(), Box<dyn Error>> {
    let settings = Settings { component_max: 64 << 20, ..Settings::default() };
    let compiler = WasmCompiler::start(&settings)?;
    println!(
        "{:>8} {:>9} {:>9} {:>10} {:>10} {:>10} {:>8}",
        "guest", "KiB", "load ms", "median us", "p99 us", "fuel", "KiB"
    );
    for language in ["rust", "c", "js", "python"] {
        let folder = Path::new("target/guests").join(language);
        let Ok(component) = std::fs::read(folder.join("plugin.wasm")) else {
            println!("{language:>8} is not built");
            continue;
        };
        let size = component.len() / 1024;
        let source = source(&folder, component)?;
        let began = Instant::now();
        let unit = compiler.compile(&source).map_err(|found| format!("{found:?}"))?;
        let load = began.elapsed().as_millis();
        let (times, fuel, memory) = measure(unit.as_ref(), &input(&source)?)?;
        let (median, p99) = (times[CALLS / 2].as_micros(), times[CALLS * 99 / 100].as_micros());
        println!("{language:>8} {size:>9} {load:>9} {median:>10} {p99:>10} {fuel:>10} {:>8}", memory / 1024);
    }
    Ok(())
}

fn measure(unit: &dyn Unit, input: &PricingInput) -> Result<(Vec<Duration>, u64, usize), Box<dyn Error>> {
    let (mut times, mut used) = (Vec::new(), None);
    for _ in 0..CALLS {
        let began = Instant::now();
        let budget = Budget {
            fuel: 20_000_000,
            memory: 64 << 20,
            deadline: Deadline::after(Duration::from_secs(10)),
            tables: None,
        };
        let answer = unit.price(input, &budget);
        times.push(began.elapsed());
        answer.result?;
        used = Some(answer.used);
    }
    times.sort();
    let used = used.ok_or("there was no call")?;
    Ok((times, used.fuel, used.memory))
}

fn source(folder: &Path, component: Vec<u8>) -> Result<Source, Box<dyn Error>> {
    let text = std::fs::read_to_string(folder.join("plugin.toml"))?;
    let declaration = Declaration { file: "plugin.toml", manifest: &text, parameters: None, entry: "plugin.wasm" };
    let (manifest, parameters) = parse(&declaration).map_err(|found| format!("{found:?}"))?;
    let files = BTreeMap::from([("plugin.wasm".to_owned(), component)]);
    Ok(Source {
        kind: Kind::Wasm,
        manifest,
        parameters,
        files,
        tables: Arc::default(),
        hash: String::new(),
        code_hash: String::new(),
    })
}

fn input(source: &Source) -> Result<PricingInput, serde_json::Error> {
    serde_json::from_value(json!({
        "now": "2026-07-01T19:00:00Z",
        "purpose": "running",
        "session": {
            "id": "s-1", "startedAt": "2026-07-01T17:00:00Z", "endedAt": null,
            "energyWh": 12345.5, "durationS": 7200, "timeZone": "Europe/Berlin"
        },
        "station": {"id": "cs-1", "location": "yard", "vendor": "V", "model": "M", "evse": 1, "connector": 2},
        "token": null,
        "periods": [
            {"startedAt": "2026-07-01T17:00:00Z", "endedAt": "2026-07-01T18:00:00Z", "durationS": 3600,
             "energyWh": 12345.5, "state": "charging", "weekday": 3, "minuteOfDay": 1140},
            {"startedAt": "2026-07-01T18:00:00Z", "endedAt": "2026-07-01T19:00:00Z", "durationS": 3600,
             "energyWh": 0, "state": "idle", "weekday": 3, "minuteOfDay": 1200}
        ],
        "parameters": source.parameters
    }))
}
