//! Compiles a component from its bytes and calls it with a plain session or token.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use amprule_domain::authorization::{AuthorizationInput, AuthorizationOutput};
use amprule_domain::decision::{Fault, Hook};
use amprule_domain::pricing::{PricingInput, PricingOutput};
use amprule_hooks::{Answer, Budget, Compiler, Deadline, Diagnostic, Kind, Manifest, Source, Unit};
use amprule_wasm::{Settings, WasmCompiler};
use serde_json::json;

/// One host for all tests, as a server has one.
pub(crate) static HOST: LazyLock<WasmCompiler> =
    LazyLock::new(|| WasmCompiler::start(&Settings::default()).expect("this machine runs components"));

pub(crate) fn source(component: Vec<u8>, hooks: &[Hook]) -> Source {
    Source {
        kind: Kind::Wasm,
        manifest: Manifest::bare("example", "plugin.wasm", hooks),
        parameters: serde_json::Map::new(),
        files: BTreeMap::from([("plugin.wasm".to_owned(), component)]),
        tables: Arc::default(),
        hash: "0".repeat(64),
        code_hash: String::new(),
    }
}

pub(crate) fn compile(source: &Source) -> Arc<dyn Unit> {
    HOST.compile(source).unwrap_or_else(|found| panic!("{}", printed(&found)))
}

pub(crate) fn compile_pricing(component: Vec<u8>) -> Arc<dyn Unit> {
    compile(&source(component, &[Hook::Pricing]))
}

pub(crate) fn refuse(source: &Source) -> String {
    printed(&HOST.compile(source).err().expect("the component is refused"))
}

pub(crate) fn printed(found: &[Diagnostic]) -> String {
    found.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// More than any honest guest needs, so that a slow machine fails no test.
pub(crate) fn budget() -> Budget<'static> {
    Budget { fuel: 20_000_000, memory: 32 << 20, deadline: Deadline::after(Duration::from_secs(20)), tables: None }
}

pub(crate) fn ask(component: Vec<u8>, budget: &Budget<'_>) -> Answer<PricingOutput> {
    compile_pricing(component).price(&session(), budget)
}

pub(crate) fn price(component: Vec<u8>) -> Result<PricingOutput, Fault> {
    ask(component, &budget()).result
}

pub(crate) fn authorize(component: Vec<u8>) -> Result<AuthorizationOutput, Fault> {
    compile(&source(component, &[Hook::Authorization])).authorize(&request(), &budget()).result
}

pub(crate) fn session() -> PricingInput {
    serde_json::from_value(json!({
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
    .expect("the example is an input")
}

pub(crate) fn request() -> AuthorizationInput {
    serde_json::from_value(json!({
        "now": "2026-07-01T19:00:00Z",
        "purpose": "start",
        "station": {"id": "cs-1", "location": null, "vendor": "V", "model": "M", "evse": 1, "connector": 2},
        "token": {
            "idToken": "04A1", "type": "ISO14443", "status": "accepted", "group": null,
            "expiresAt": "2026-12-31T00:00:00Z",
            "budget": {"amount": "50", "currency": "EUR", "period": "month", "spent": "12.5"}
        },
        "local": {"timeZone": "Europe/Berlin", "weekday": 3, "minuteOfDay": 1260, "date": "2026-07-01"},
        "openSessions": 1
    }))
    .expect("the example is an input")
}
