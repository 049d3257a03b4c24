//! The server that all scenarios share: its tariffs, its rules, and what operators enter before a station comes.

use amprule_tests::{Setup, TestServer, units};
use serde_json::{Value, json};

/// A scenario's tariff is its station's group.
const RULES: &str = r#"
[extensions]
pricing = "tariff"

[[extensions.rules]]
name = "a fee after charging"
groups = ["idle"]
pricing = "idle"

[[extensions.rules]]
name = "another price from half past two"
groups = ["night"]
pricing = "time-of-use"
"#;

/// 0.49 a kWh at any hour; after charging, 15 minutes are free and each further one costs 0.10.
const IDLE: &str = r#"// Energy, and a fee for staying connected after charging.
fn price(session) {
    let idle_minutes = 0;
    for period in session.periods {
        if period.is_idle {
            idle_minutes += period.minutes;
        }
    }
    let lines = [line("energy", "Energy", session.energy_kwh, "kWh", 0.49)];
    let paid_minutes = floor(idle_minutes) - 15;
    if paid_minutes > 0 {
        lines.push(line("idle", "Connected after charging", paid_minutes, "min", 0.10));
    }
    bill("EUR", lines)
}
"#;

/// 0.39 a kWh, and 0.59 from 02:30 to noon: the hour in which clocks are changed has a boundary.
const NIGHT: &str = r#"peak_from = "02:30"
peak_to = "12:00"
weekend_is_off_peak = false
idle_fee = "0"
"#;

pub(super) async fn open() -> TestServer {
    let server = Setup::default()
        .tariff("0.49")
        .file("scripts/idle/plugin.toml", units::manifest("idle", "1.0.0", "pricing"))
        .file("scripts/idle/main.rhai", IDLE)
        .product_script("time-of-use")
        .file("scripts/time-of-use/parameters.toml", NIGHT)
        .config(RULES)
        .start()
        .await;
    server.api().accept(&["CARD-1", "CARD-2"]);
    server
}

/// The scenario's tokens and station.
pub(super) fn enter(server: &TestServer, station: &str, scenario: &Value) {
    let api = server.api();
    for token in scenario["tokens"].as_array().into_iter().flatten() {
        let id = token["idToken"].as_str().expect("a token has an idToken");
        let mut body = token.as_object().expect("a token is an object").clone();
        body.remove("idToken");
        api.put(&format!("/api/v1/tokens/{id}"), &Value::Object(body)).ok();
    }
    let mut record = scenario["station"].as_object().cloned().unwrap_or_default();
    if let Some(tariff) = scenario["tariff"].as_str().filter(|tariff| *tariff != "flat") {
        record.insert("group".to_owned(), json!(tariff));
    }
    if !record.is_empty() {
        api.put(&format!("/api/v1/stations/{station}"), &Value::Object(record)).ok();
    }
}
