//! Compiles a script from its text and calls it with a plain session.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use amprule_domain::authorization::{AuthorizationInput, AuthorizationOutput};
use amprule_domain::decision::{Fault, Hook};
use amprule_domain::dialect::{DialectInput, DialectOutput};
use amprule_domain::modifier::{ModifierInput, ModifierOutput};
use amprule_domain::pricing::{PricingInput, PricingOutput};
use amprule_hooks::manifest::{Parameter, ParameterKind};
use amprule_hooks::{Answer, Budget, Compiler, Deadline, Diagnostic, Kind, Manifest, Source, Unit};
use amprule_script::ScriptCompiler;
use serde_json::{Value, json};

pub(crate) fn source(text: &str) -> Source {
    Source {
        kind: Kind::Rhai,
        manifest: Manifest::bare("example", "main.rhai", &[]),
        parameters: serde_json::Map::new(),
        files: BTreeMap::from([("main.rhai".to_owned(), text.as_bytes().to_vec())]),
        tables: Arc::default(),
        hash: "0".repeat(64),
        code_hash: String::new(),
    }
}

pub(crate) fn declare(source: &mut Source, name: &str, kind: ParameterKind) {
    let parameter = Parameter { kind, default: None, description: String::new(), min: None, max: None, secret: false };
    source.manifest.parameters.insert(name.to_owned(), parameter);
}

pub(crate) fn try_compile(source: &Source) -> Result<Arc<dyn Unit>, Vec<Diagnostic>> {
    ScriptCompiler::default().compile(source)
}

pub(crate) fn compile(source: &Source) -> Arc<dyn Unit> {
    try_compile(source).unwrap_or_else(|found| panic!("{}", printed(&found)))
}

pub(crate) fn refuse(source: &Source) -> Vec<Diagnostic> {
    try_compile(source).err().expect("the script is refused")
}

pub(crate) fn printed(found: &[Diagnostic]) -> String {
    found.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// More than any honest script needs, so that a slow machine fails no test.
pub(crate) fn budget() -> Budget<'static> {
    Budget { fuel: 1_000_000, memory: 32 << 20, deadline: Deadline::after(Duration::from_secs(20)), tables: None }
}

pub(crate) fn price(text: &str) -> Result<PricingOutput, Fault> {
    compile(&source(text)).price(&session(), &budget()).result
}

pub(crate) fn answer(text: &str, budget: &Budget<'_>) -> Answer<PricingOutput> {
    compile(&source(text)).price(&session(), budget)
}

pub(crate) fn authorize(text: &str) -> Result<AuthorizationOutput, Fault> {
    compile(&source(text)).authorize(&request(), &budget()).result
}

pub(crate) fn modify(text: &str) -> Result<ModifierOutput, Fault> {
    compile(&source(text)).modify(&so_far(), &budget()).result
}

pub(crate) fn translate(text: &str) -> Result<DialectOutput, Fault> {
    let mut source = source(text);
    source.manifest.hooks.push(Hook::Dialect);
    compile(&source).translate(&said(), &budget()).result
}

/// The value of an expression, as a bill's only amount.
pub(crate) fn value_of(expression: &str) -> String {
    let text = format!("fn price(session) {{ let x = {expression};\n bill(\"EUR\", [line(\"x\", \"X\", x)]) }}");
    match price(&text) {
        Ok(output) => output.lines[0].amount.to_string(),
        Err(fault) => fault.to_string(),
    }
}

/// What an expression prints.
pub(crate) fn text_of(expression: &str) -> String {
    let text = format!("fn price(session) {{ bill(\"EUR\", [line(\"x\", `${{{expression}}}`, 0)]) }}");
    match price(&text) {
        Ok(output) => output.lines[0].description.clone(),
        Err(fault) => fault.to_string(),
    }
}

pub(crate) fn session() -> PricingInput {
    read(json!({
        "now": "2026-07-01T19:00:00Z",
        "isFinal": false,
        "session": {
            "id": "s-1", "startedAt": "2026-07-01T17:00:00Z", "endedAt": null,
            "energyWh": 12345.5, "durationS": 7200, "timeZone": "Europe/Berlin"
        },
        "station": {"id": "cs-1", "location": "yard", "vendor": "V", "model": "M", "evse": 1, "connector": 2},
        "token": {"type": "ISO14443", "group": "fleet"},
        "periods": [
            {"startedAt": "2026-07-01T17:00:00Z", "endedAt": "2026-07-01T18:00:00Z", "durationS": 3600,
             "energyWh": 12345.5, "state": "charging", "weekday": 3, "minuteOfDay": 1140},
            {"startedAt": "2026-07-01T18:00:00Z", "endedAt": "2026-07-01T19:00:00Z", "durationS": 3600,
             "energyWh": 0, "state": "idle", "weekday": 3, "minuteOfDay": 1200}
        ]
    }))
}

/// The session, and a bill of two lines over 6.00.
fn so_far() -> ModifierInput {
    let lines = json!([
        {"code": "energy", "description": "Energy", "quantity": "12.25", "unit": "kWh", "unitPrice": "0.40", "amount": "4.90"},
        {"code": "idle", "description": "Idle", "amount": "1.10"}
    ]);
    let mut input = serde_json::to_value(session()).expect("an input is plain data");
    (input["currency"], input["lines"]) = (json!("EUR"), lines);
    read(input)
}

/// A card that a station shows.
fn said() -> DialectInput {
    read(json!({
        "now": "2026-07-01T19:00:00Z", "direction": "inbound", "kind": "call", "protocol": "ocpp1.6",
        "station": {"id": "cs-1", "vendor": "V", "model": "M", "firmware": "1", "serial": ""},
        "action": "Authorize", "message": {"idTag": "04A1_7"}
    }))
}

pub(crate) fn request() -> AuthorizationInput {
    read(json!({
        "now": "2026-07-01T19:00:00Z",
        "purpose": "start",
        "station": {"id": "cs-1", "location": null, "vendor": "V", "model": "M", "evse": 1, "connector": 2},
        "token": {
            "idToken": "04A1", "type": "ISO14443", "status": "accepted", "group": null,
            "expiresAt": "2026-12-31T00:00:00Z",
            "budget": {"amount": "50", "currency": "EUR", "period": "month", "spent": "12.5"}
        },
        "local": {"timeZone": "Europe/Berlin", "weekday": 3, "minuteOfDay": 1260, "date": "2026-07-01"},
        "openSessions": 1,
        "reservation": {"id": 7, "yours": false, "expiresAt": "2026-07-01T11:00:00Z"}
    }))
}

fn read<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).expect("the example is an input")
}
