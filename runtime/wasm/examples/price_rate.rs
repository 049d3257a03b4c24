//! How long one price takes with the plugin `blueprint`: a fresh sandbox, the call, and the answer checked.
//!
//! `cargo xtask plugins && cargo run --release -p amprule-wasm --example price_rate`

#![expect(clippy::print_stdout, reason = "this is a program for a terminal")]

use std::collections::BTreeMap;
use std::error::Error;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use amprule_domain::decision::Hook;
use amprule_domain::pricing::PricingInput;
use amprule_hooks::manifest::{Parameter, ParameterKind};
use amprule_hooks::{Budget, Compiler, Deadline, Kind, Manifest, Source, Unit};
use amprule_wasm::{Settings, WasmCompiler};
use serde_json::{Value, json};

const WARM_UP: usize = 2_000;
const CALLS: usize = 20_000;
const HOUR_MS: i64 = 3_600_000;
const START_MS: i64 = 1_782_900_000_000;

fn main() -> Result<(), Box<dyn Error>> {
    println!("{:>10} {:>8} {:>12} {:>12} {:>10}", "memory", "periods", "median", "p99", "fuel");
    for pooling in [true, false] {
        let compiler = WasmCompiler::start(&Settings { pooling, ..Settings::default() })?;
        let unit = compiler.compile(&blueprint()?).map_err(|found| format!("{found:?}"))?;
        for periods in [10, 100] {
            let rate = measure(unit.as_ref(), &session(periods)?)?;
            let memory = if compiler.is_pooling() { "pooled" } else { "on demand" };
            let (median, p99) = (micros(rate.median), micros(rate.p99));
            println!("{memory:>10} {periods:>8} {median:>12} {p99:>12} {:>10}", rate.fuel);
        }
    }
    Ok(())
}

struct Rate {
    median: Duration,
    p99: Duration,
    fuel: u64,
}

fn measure(unit: &dyn Unit, input: &PricingInput) -> Result<Rate, Box<dyn Error>> {
    let mut times = Vec::with_capacity(CALLS);
    let mut fuel = 0;
    for call in 0..WARM_UP + CALLS {
        let start = Instant::now();
        let budget = Budget {
            fuel: 20_000_000,
            memory: 32 << 20,
            deadline: Deadline::after(Duration::from_millis(50)),
            tables: None,
        };
        let answer = black_box(unit.price(black_box(input), &budget));
        if call >= WARM_UP {
            times.push(start.elapsed());
        }
        answer.result?;
        fuel = answer.used.fuel;
    }
    times.sort_unstable();
    Ok(Rate { median: times[CALLS / 2], p99: times[CALLS / 100 * 99], fuel })
}

fn micros(time: Duration) -> String {
    format!("{:.1} µs", time.as_secs_f64() * 1e6)
}

fn blueprint() -> Result<Source, Box<dyn Error>> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins/blueprint/plugin.wasm");
    let component =
        std::fs::read(&file).map_err(|error| format!("{}: {error}; run cargo xtask plugins", file.display()))?;
    let mut manifest = Manifest::bare("blueprint", "plugin.wasm", &[Hook::Pricing]);
    let decimal = ParameterKind::Decimal;
    let price =
        Parameter { kind: decimal, default: None, description: String::new(), min: None, max: None, secret: false };
    manifest.parameters.insert("energy_price".to_owned(), price);
    Ok(Source {
        kind: Kind::Wasm,
        manifest,
        parameters: serde_json::Map::new(),
        files: BTreeMap::from([("plugin.wasm".to_owned(), component)]),
        tables: Arc::default(),
        hash: String::new(),
        code_hash: String::new(),
    })
}

/// A session of so many hours, one period each.
fn session(hours: i64) -> Result<PricingInput, Box<dyn Error>> {
    let periods: Vec<Value> = (0..hours).map(period).collect::<Result<_, _>>()?;
    let input = json!({
        "now": time(hours)?, "purpose": "running",
        "session": {
            "id": "0198f0c2-0000-7000-8000-000000000001", "startedAt": time(0)?, "endedAt": null,
            "energyWh": 11_000 * hours, "durationS": 3_600 * hours, "timeZone": "Europe/Berlin"
        },
        "station": {
            "id": "cs-1", "location": "yard", "vendor": "Amprule", "model": "Example", "evse": 1, "connector": 1
        },
        "token": {"type": "ISO14443", "group": "fleet"},
        "periods": periods,
        "parameters": {"currency": "EUR", "energy_price": "0.49"}
    });
    Ok(serde_json::from_value(input)?)
}

fn period(hour: i64) -> Result<Value, jiff::Error> {
    Ok(json!({
        "startedAt": time(hour)?, "endedAt": time(hour + 1)?, "durationS": 3_600, "energyWh": 11_000,
        "state": "charging", "weekday": 3, "minuteOfDay": hour % 24 * 60
    }))
}

fn time(hour: i64) -> Result<String, jiff::Error> {
    Ok(jiff::Timestamp::from_millisecond(START_MS + hour * HOUR_MS)?.to_string())
}
