//! The whole corpus through the crates that load and run units: each is refused, ends or answers, as its table says.

use std::collections::HashSet;
use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use amprule_corpus::{Expect, Unit, corpus};
use amprule_devices::MapCompiler;
use amprule_domain::decision::{Fault, FaultClass, Hook};
use amprule_hooks::manifest::{Declaration, parse};
use amprule_hooks::{Answer, Budget, Deadline, Diagnostic, Kind, Question, Source, for_hook};
use amprule_reload::{CompileSettings, Compilers, Verdict, check};
use amprule_script::ScriptCompiler;
use amprule_wasm::{Settings, WasmCompiler};
use serde_json::{Value, json};

static COMPILERS: LazyLock<Compilers> = LazyLock::new(|| {
    let wasm = WasmCompiler::start(&Settings::default()).expect("this machine runs components");
    Compilers { rhai: Arc::new(ScriptCompiler::default()), wasm: Arc::new(wasm), map: Arc::new(MapCompiler) }
});

/// Loading is the compiler's work, which nobody waits for; this only has to end.
const LOADING: Duration = Duration::from_secs(60);
/// A call ends at its wall limit and a tick. The rest is for machines with much else to do.
const CALLING: Duration = Duration::from_secs(10);
const WALL: Duration = Duration::from_millis(50);
const MEMORY: usize = 32 << 20;
const FUEL: u64 = 20_000_000;
/// A fifth of the usual, since scripts are slow in debug builds.
const OPERATIONS: u64 = 1_000_000;

#[test]
fn every_unit_of_the_corpus_comes_to_the_end_that_its_table_says() {
    let units = corpus();
    let wrong: Vec<String> =
        units.iter().filter_map(|unit| walk(unit).err().map(|why| format!("{}: {why}", unit.name))).collect();
    assert!(wrong.is_empty(), "{} of {} units:\n{}", wrong.len(), units.len(), wrong.join("\n"));
}

#[test]
fn the_corpus_is_as_large_as_it_was_and_each_name_stands_once() {
    let units = corpus();
    let walked = units.iter().filter(|unit| !matches!(unit.expect, Expect::Elsewhere(_))).count();
    assert!(walked >= 90, "{walked} units");
    let names: HashSet<&str> = units.iter().map(|unit| unit.name.as_str()).collect();
    assert_eq!(names.len(), units.len());
    assert!(units.iter().all(|unit| !unit.about.is_empty()));
}

fn walk(unit: &Unit) -> Result<(), String> {
    if let Expect::Elsewhere(place) = &unit.expect {
        let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(place);
        let proof = std::fs::read_to_string(&place).map_err(|error| format!("{}: {error}", place.display()))?;
        return if proof.contains(&unit.says) { Ok(()) } else { Err(format!("{} lost it", place.display())) };
    }
    let folder = tempfile::tempdir().expect("make a folder for a unit");
    let folder = folder.path().join(&unit.name);
    unit.write(&folder);
    let began = Instant::now();
    let report = check(&folder, CompileSettings::usual(COMPILERS.clone())).map_err(|error| error.to_string())?;
    within(LOADING, began, "loading")?;
    match (&unit.expect, &report.units[0].verdict) {
        (Expect::Refused(code), Verdict::Broken(found)) => refused(code, &unit.says, found),
        (_, Verdict::Good { .. }) => call(unit),
        (expect, verdict) => Err(format!("{expect:?}, but it is {verdict:?}")),
    }
}

fn refused(code: &str, says: &str, found: &[Diagnostic]) -> Result<(), String> {
    let text = found.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    let has_code = code.is_empty() || found.iter().any(|diagnostic| diagnostic.code == code);
    if !has_code || !text.contains(says) {
        return Err(format!("refused, but not with {code:?} and {says:?}:\n{text}"));
    }
    // A person reads it.
    if text.len() > 20_000 { Err(format!("the refusal has {} bytes", text.len())) } else { Ok(()) }
}

/// Three times, since a unit may be different after its first fault.
fn call(unit: &Unit) -> Result<(), String> {
    let source = source(unit);
    let compiler = if unit.is_script { &COMPILERS.rhai } else { &COMPILERS.wasm };
    let code = compiler.compile(&source).map_err(|_| "it compiled a moment ago".to_owned())?;
    for _ in 0..3 {
        let began = Instant::now();
        // The clock is meant only where nothing else ends the call: a slow machine must not change a class.
        let wall = if unit.fuel.is_some() { WALL } else { CALLING };
        let budget = Budget {
            fuel: unit.fuel.unwrap_or(if unit.is_script { OPERATIONS } else { FUEL }),
            memory: MEMORY,
            deadline: Deadline::after(wall),
            tables: None,
        };
        let Answer { result, used, .. } = ask(unit, &*code, &budget);
        within(CALLING + Duration::from_secs(5), began, "a call")?;
        // A script is stopped by the first operation too many.
        if used.fuel > budget.fuel.saturating_add(1) || used.memory > MEMORY {
            return Err(format!("it used more than it was granted: {used:?}"));
        }
        judge(unit, result)?;
    }
    Ok(())
}

fn judge(unit: &Unit, result: Result<(), Fault>) -> Result<(), String> {
    match (&unit.expect, result) {
        (Expect::Answers, Ok(())) => Ok(()),
        (Expect::Faults(classes), Err(fault)) => {
            let class = json!(fault.class);
            let expected = classes.iter().any(|expected| class == expected.as_str());
            let harmless = !fault.message.chars().any(|c| c == '\u{1b}') && fault.class != FaultClass::HostIo;
            let said = fault.message.contains(&unit.says);
            if expected && harmless && said { Ok(()) } else { Err(format!("{classes:?} {:?}, but {fault}", unit.says)) }
        }
        (expect, result) => Err(format!("{expect:?}, but a call came to {result:?}")),
    }
}

/// Asks, and checks the answer as the registry does.
fn ask(unit: &Unit, code: &dyn amprule_hooks::Unit, budget: &Budget<'_>) -> Answer<()> {
    for_hook!(unit.hook, Q => {
        let question: Q = serde_json::from_value(question(unit.hook)).expect("the example is a question");
        let Answer { result, used, .. } = Question::ask(&question, code, budget);
        let invalid = |why| Fault::new(FaultClass::InvalidOutput, why);
        Answer::new(result.and_then(|output| question.check(output).map(drop).map_err(invalid)), used)
    })
}

fn question(hook: Hook) -> Value {
    match hook {
        Hook::Pricing => session(),
        Hook::Authorization => request(),
        Hook::Modifier => {
            let mut bill = session();
            bill["currency"] = json!("EUR");
            bill["lines"] = json!([{"code": "energy", "description": "Energy", "amount": "4.00"}]);
            bill
        }
        Hook::Load => site(),
        Hook::Dialect => json!({
            "now": "2026-07-01T19:00:00Z", "direction": "inbound", "kind": "call", "protocol": "ocpp1.6", "action": "Authorize",
            "station": {"id": "cs-1", "vendor": "V", "model": "M", "firmware": "1", "serial": "7"}, "message": {"idTag": "CARD-1"}
        }),
    }
}

fn site() -> Value {
    json!({
        "now": "2026-07-01T19:00:00Z",
        "site": {"id": "yard", "voltageV": 230},
        "local": {"timeZone": "UTC", "weekday": 3, "minuteOfDay": 1140, "date": "2026-07-01"},
        "circuits": [{"id": "main", "inside": null, "mostA": "32", "freeA": ["32", "32", "32"]}],
        "meters": [],
        "evses": [{
            "id": "cs-1/1", "station": "cs-1", "evse": 1, "circuit": "main", "phases": 3, "leastA": "6", "mostA": "32",
            "priority": 0, "limitA": "6", "powerW": null,
            "session": {"id": "s-1", "startedAt": "2026-07-01T17:00:00Z", "energyWh": 12345.5, "state": "charging", "token": null}
        }]
    })
}

fn within(most: Duration, began: Instant, what: &str) -> Result<(), String> {
    let took = began.elapsed();
    if took > most { Err(format!("{what} took {took:?}, more than {most:?}")) } else { Ok(()) }
}

fn source(unit: &Unit) -> Source {
    let text = std::str::from_utf8(&unit.files["plugin.toml"]).expect("a manifest of ours");
    let entry = if unit.is_script { "main.rhai" } else { "plugin.wasm" };
    let declaration = Declaration { file: "plugin.toml", manifest: text, parameters: None, entry };
    let (manifest, parameters) = parse(&declaration).expect("it was accepted a moment ago");
    let kind = if unit.is_script { Kind::Rhai } else { Kind::Wasm };
    Source {
        kind,
        manifest,
        parameters,
        files: unit.files.clone(),
        tables: Arc::default(),
        hash: "0".repeat(64),
        code_hash: String::new(),
    }
}

fn session() -> Value {
    json!({
        "now": "2026-07-01T19:00:00Z",
        "purpose": "running",
        "session": {
            "id": "s-1", "startedAt": "2026-07-01T17:00:00Z", "endedAt": null,
            "energyWh": 12345.5, "durationS": 7200, "timeZone": "Europe/Berlin"
        },
        "station": {"id": "cs-1", "location": "yard", "vendor": "V", "model": "M", "evse": 1, "connector": 2},
        "token": {"type": "ISO14443", "group": "fleet"},
        "periods": [
            {"startedAt": "2026-07-01T17:00:00Z", "endedAt": "2026-07-01T19:00:00Z", "durationS": 7200,
             "energyWh": 12345.5, "state": "charging", "weekday": 3, "minuteOfDay": 1140}
        ]
    })
}

fn request() -> Value {
    json!({
        "now": "2026-07-01T19:00:00Z",
        "purpose": "start",
        "station": {"id": "cs-1", "location": null, "vendor": "V", "model": "M", "evse": 1, "connector": 2},
        "token": {"idToken": "04A1", "type": "ISO14443", "status": "accepted", "group": null, "expiresAt": null, "budget": null},
        "local": {"timeZone": "Europe/Berlin", "weekday": 3, "minuteOfDay": 1260, "date": "2026-07-01"},
        "openSessions": 0
    })
}
