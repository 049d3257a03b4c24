//! Code that means harm, in both languages: it ends within its limit, its fallback is visible, and nobody else notices.

use std::time::{Duration, Instant};

use amprule_corpus::guest;
use amprule_tests::station16::Station16;
use amprule_tests::{Setup, TestServer, ago, process, units, until};
use serde_json::Value;

/// What a unit does on the station `evil-<name>`, and how the decision log calls it.
struct Evil {
    name: &'static str,
    script: &'static str,
    classes: &'static [&'static str],
}

const EVILS: [Evil; 7] = [
    Evil { name: "loop", script: "let n = 0; loop { n += 1; }", classes: &["fuel", "wall"] },
    Evil {
        name: "bomb",
        script: "let all = []; loop { all.push(\"x\"); for one in 0..9 { all += all; } }",
        classes: &["memory", "fuel", "wall", "trap"],
    },
    Evil { name: "recursion", script: "deep(1)", classes: &["trap", "fuel", "memory"] },
    Evil { name: "trap", script: "throw \"on purpose\"", classes: &["trap", "guest-error"] },
    Evil {
        name: "huge",
        script: "let all = []; for n in 0..200 { all.push(line(\"x\", \"x\", 1)); } bill(\"EUR\", all)",
        classes: &["invalid-output", "memory", "fuel", "trap", "host-io"],
    },
    Evil { name: "shape", script: "42", classes: &["invalid-output"] },
    Evil { name: "refusal", script: "throw \"I do not want to\"", classes: &["guest-error"] },
];

const FALLBACK: &str = "[extensions.static_tariff]\ncurrency = \"EUR\"\nper_kwh = \"0.30\"\n";

fn script(evil: &Evil) -> String {
    format!(
        r#"fn deep(n) {{ deep(n + 1) + 1 }}

fn harm() {{
    {}
}}

fn price(session) {{
    if session.station.id == "evil-{}" {{
        return harm();
    }}
    bill("EUR", [line("energy", "Energy", session.energy_kwh, "kWh", 0.40)])
}}
"#,
        evil.script, evil.name
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_script_harms_its_own_session_only() {
    for evil in &EVILS {
        let setup = Setup::default()
            .file("scripts/hostile/plugin.toml", units::manifest("hostile", "1.0.0", "pricing"))
            .file("scripts/hostile/main.rhai", script(evil));
        check(evil, setup).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_component_harms_its_own_session_only() {
    let component = std::fs::read(units::guest("hostile")).expect("read the hostile component");
    for evil in &EVILS {
        let setup = Setup::default()
            .file("plugins/hostile/plugin.toml", units::manifest("hostile", "1.0.0", "pricing"))
            .file("plugins/hostile/plugin.wasm", &component);
        check(evil, setup).await;
    }
}

async fn check(evil: &Evil, setup: Setup) {
    let mut server = setup.config(FALLBACK).start().await;
    let api = server.api();
    api.accept(&["CARD-1", "CARD-2"]);
    until("the hostile unit is active", || {
        (api.get("/api/v1/extensions/hostile").body["state"] == "active").then_some(())
    })
    .await;
    let mut good = Station16::boot(&server, "good").await;
    let fair = good.start(1, "CARD-2", 0, &ago(60)).await;

    let began = Instant::now();
    let name = format!("evil-{}", evil.name);
    let mut bad = Station16::boot(&server, &name).await;
    let transaction = bad.start(1, "CARD-1", 0, &ago(60)).await;
    let half_way = ago(30);
    tokio::join!(bad.meter(1, transaction, 5_000, &half_way), good.meter(1, fair, 5_000, &half_way));
    bad.stop(transaction, 10_000, &ago(0)).await;
    good.stop(fair, 10_000, &ago(0)).await;
    let took = began.elapsed();

    assert!(took < Duration::from_secs(5), "{}: everything took {took:?}", evil.name);
    assert!(server.is_running(), "{}: the server lives", evil.name);
    fell_back(evil, &server, &name);
    let session = &api.sessions("good")[0];
    assert_eq!(
        (&session["total"], &session["marks"]),
        (&"4.00".into(), &Value::Array(vec![])),
        "{}: {session}",
        evil.name
    );
    let resident = process::resident_kib(server.pid());
    assert!(resident < 512 * 1024, "{}: {resident} KiB", evil.name);
}

/// The session is priced by the fallback, says so, and the decision log says why.
fn fell_back(evil: &Evil, server: &TestServer, station: &str) {
    let api = server.api();
    let session = &api.sessions(station)[0];
    let context = format!("{}: {session}", evil.name);
    assert_eq!((&session["state"], &session["total"]), (&"ended".into(), &"3.00".into()), "{context}");
    assert_eq!(session["pricedBy"]["fallback"], true, "{context}");
    for mark in ["price-fallback", "needs-review"] {
        assert!(session["marks"].as_array().is_some_and(|marks| marks.contains(&mark.into())), "{context}");
    }
    let id = session["id"].as_str().expect("a session has an id");
    let decisions = api.all(&format!("/api/v1/decisions?session={id}"));
    let faults: Vec<&Value> = decisions.iter().filter(|decision| !decision["fault"].is_null()).collect();
    assert!(!faults.is_empty(), "{context}: no decision shows the fault");
    for decision in faults {
        let class = decision["fault"]["class"].as_str().unwrap_or_default();
        assert!(evil.classes.contains(&class), "{}: {}", evil.name, decision["fault"]);
        assert!(decision["durationUs"].as_u64().is_some_and(|micros| micros < 1_000_000), "{}: {decision}", evil.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_are_no_extension_are_refused_with_a_reason() {
    let server = Setup::default()
        .tariff("0.40")
        .file("plugins/noise/plugin.toml", units::manifest("noise", "1.0.0", "pricing"))
        .file("plugins/noise/plugin.wasm", b"\0asm and then nothing sensible")
        .file("scripts/loops/plugin.toml", units::manifest("loops", "1.0.0", "pricing"))
        .file("scripts/loops/main.rhai", "const X = f();\nfn f() { loop {} }\nfn price(session) { 1 }\n")
        .start()
        .await;
    let api = server.api();
    for id in ["noise", "loops"] {
        let extension = until(&format!("{id} is listed"), || {
            Some(api.get(&format!("/api/v1/extensions/{id}")))
                .filter(|answer| answer.status == 200)
                .map(|answer| answer.body)
        })
        .await;
        assert_eq!(extension["state"], "rejected", "{extension}");
        assert!(extension["lastError"]["text"].as_str().is_some_and(|text| !text.is_empty()), "{extension}");
    }
    assert_eq!(api.get("/api/v1/extensions/tariff").ok()["state"], "active");
}

/// What is too much for its compiler ends the compiler's process and no other.
#[tokio::test(flavor = "multi_thread")]
async fn a_component_that_is_too_large_to_compile_is_a_finding_and_holds_nobody_up() {
    let functions = "(func (param i32) (result i32) (i32.add (local.get 0) (i32.const 7)))".repeat(60_000);
    let component = guest::text(&format!("(component (core module {functions}))"));
    let setup = Setup::default()
        .file("plugins/heavy/plugin.toml", units::manifest("heavy", "1.0.0", "pricing"))
        .file("plugins/heavy/plugin.wasm", &component)
        .file("scripts/light/plugin.toml", units::manifest("light", "1.0.0", "pricing"))
        .file("scripts/light/main.rhai", "fn price(session) { bill(\"EUR\", []) }")
        .config("[extensions]\ncompile_mib = 96\n");
    let server = setup.start().await;
    let api = server.api();
    until("the component is refused", || {
        (api.get("/api/v1/extensions/heavy").body["state"] == "rejected").then_some(())
    })
    .await;
    let found = api.get("/api/v1/extensions/heavy").body["lastError"]["text"].to_string();
    assert!(found.contains("needs more than 96 MiB to compile"), "{found}");
    assert_eq!(api.get("/api/v1/extensions/light").body["state"], "active");
}
