//! Rules about who depends on whom, read from `cargo metadata`.

use std::collections::BTreeSet;
use std::process::Command;
use std::sync::LazyLock;

use amprule_tests::folders;
use serde_json::Value;

use super::none;

pub(super) static METADATA: LazyLock<Value> = LazyLock::new(|| {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .current_dir(folders::root())
        .args(["metadata", "--format-version", "1", "--locked"])
        .output()
        .expect("run cargo metadata");
    assert!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("cargo metadata prints JSON")
});

/// A heavy crate, and the crates that may name it.
const OWNERS: [(&str, &[&str]); 18] = [
    // Messages of stations are inflated step by step, which flate2 does not offer; the store packs what is old as gzip.
    ("miniz_oxide", &["amprule-gateway"]),
    ("flate2", &["amprule-store", "amprule-tests"]),
    ("rcgen", &["amprule-authority", "amprule-bench"]),
    ("x509-ocsp", &["amprule-revocation"]),
    ("x509-cert", &["amprule-revocation"]),
    ("tokio-serial", &["amprule-wires"]),
    ("rumqttc", &["amprule-wires"]),
    ("wasmtime", &["amprule-wasm"]),
    ("rhai", &["amprule-script"]),
    ("notify", &["amprule-reload"]),
    ("rusqlite", &["amprule-store"]),
    ("tokio-postgres", &["amprule-store"]),
    ("axum", &["amprule-api"]),
    (
        "tokio-tungstenite",
        &["amprule-gateway", "amprule-forward", "amprule-simulator", "amprule-wires", "amprule-bench", "amprule-tests"],
    ),
    (
        "tokio-rustls",
        &["amprule-gateway", "amprule-outbound", "amprule-feeds", "amprule-server", "amprule-bench", "amprule-tests"],
    ),
    ("anyhow", &["amprule-server", "amprule-xtask", "amprule-bench", "amprule-tests"]),
    ("ed25519-dalek", &["amprule-trust"]),
    ("wit-component", &["amprule-xtask", "amprule-workbench", "amprule-corpus"]),
];

/// Whom of ours each crate may name. Down only.
const BELOW: [(&str, &[&str]); 24] = [
    ("amprule-authority", &[]),
    ("amprule-revocation", &["amprule-domain", "amprule-outbound"]),
    ("amprule-wires", &["amprule-outbound"]),
    ("amprule-devices", &["amprule-domain", "amprule-hooks", "amprule-wires"]),
    ("amprule-domain", &[]),
    ("amprule-ocpp", &["amprule-domain"]),
    ("amprule-engine", &["amprule-domain"]),
    ("amprule-hooks", &["amprule-domain"]),
    ("amprule-wasm", &["amprule-domain", "amprule-hooks"]),
    ("amprule-script", &["amprule-domain", "amprule-hooks"]),
    ("amprule-trust", &["amprule-domain", "amprule-hooks"]),
    ("amprule-reload", &["amprule-domain", "amprule-hooks"]),
    ("amprule-workbench", &["amprule-domain", "amprule-hooks"]),
    ("amprule-store", &["amprule-domain"]),
    ("amprule-gateway", &["amprule-domain", "amprule-ocpp"]),
    ("amprule-forward", &["amprule-domain", "amprule-ocpp", "amprule-outbound"]),
    ("amprule-api", &["amprule-domain", "amprule-engine"]),
    ("amprule-outbound", &[]),
    ("amprule-webhooks", &["amprule-domain", "amprule-outbound"]),
    ("amprule-files", &["amprule-domain"]),
    ("amprule-feeds", &["amprule-hooks", "amprule-outbound"]),
    ("amprule-lookups", &["amprule-domain", "amprule-outbound"]),
    ("amprule-simulator", &[]),
    ("amprule-plugin-sdk", &[]),
];

#[test]
fn a_heavy_crate_has_one_owner() {
    let mut found = Vec::new();
    for (package, dependency) in edges(|kind| kind != "dev") {
        let owners = OWNERS.iter().find(|(heavy, _)| *heavy == dependency).map(|(_, owners)| owners);
        if owners.is_some_and(|owners| !owners.contains(&package.as_str())) {
            found.push(format!("{package} names {dependency}"));
        }
    }
    none(&found, "use the owner's interface, or make a crate that owns the dependency (runtime/ARCHITECTURE.md):");
}

#[test]
fn crates_depend_downwards_only() {
    let mut found = Vec::new();
    for (package, dependency) in edges(|kind| kind == "normal") {
        let below = BELOW.iter().find(|(name, _)| *name == package).map(|(_, below)| below);
        if dependency.starts_with("amprule-") && below.is_some_and(|below| !below.contains(&dependency.as_str())) {
            found.push(format!("{package} depends on {dependency}"));
        }
    }
    none(&found, "declare a port in the domain, implement it above, and wire it in the server:");
}

#[test]
fn every_crate_takes_the_workspaces_lints() {
    let silent: Vec<String> = members()
        .map(|package| text(&package["manifest_path"]))
        .filter(|path| {
            let manifest = std::fs::read_to_string(path).expect("read a crate's manifest");
            !manifest.contains("[lints]\nworkspace = true")
        })
        .map(|path| path.replace(&folders::root().display().to_string(), ""))
        .collect();
    none(&silent, "add `[lints]` and `workspace = true` to the manifest:");
}

#[test]
fn there_is_one_websocket_library_and_one_crypto_provider() {
    let versions: BTreeSet<String> = packages("tungstenite").map(|package| text(&package["version"])).collect();
    assert!(
        versions.len() <= 1,
        "two tungstenites are linked ({versions:?}); do not use another crate's WebSocket feature"
    );
    let surplus: Vec<String> = ["aws-lc-rs", "aws-lc-sys", "openssl", "openssl-sys", "native-tls", "boring"]
        .into_iter()
        .filter(|name| packages(name).next().is_some())
        .map(str::to_owned)
        .collect();
    none(&surplus, "ring is the one crypto provider; switch the feature off that pulls in another:");
}

#[test]
fn features_that_change_meaning_everywhere_stay_off() {
    let banned =
        [("serde_json", "arbitrary_precision"), ("rhai", "unchecked"), ("rhai", "internals"), ("rhai", "f32_float")];
    let nodes = METADATA["resolve"]["nodes"].as_array().expect("cargo metadata resolves");
    let mut found = Vec::new();
    for (name, feature) in banned {
        let ids: Vec<&Value> = packages(name).map(|package| &package["id"]).collect();
        let features =
            nodes.iter().filter(|node| ids.contains(&&node["id"])).flat_map(|node| node["features"].as_array());
        if features.flatten().any(|found| found == feature) {
            found.push(format!("{name}/{feature}"));
        }
    }
    none(
        &found,
        "features unify over the whole workspace, so this one changes other crates too; find who asks for it with `cargo tree -e features -i`:",
    );
}

fn packages(name: &str) -> impl Iterator<Item = &'static Value> {
    let all = METADATA["packages"].as_array().expect("cargo metadata lists packages");
    all.iter().filter(move |package| package["name"] == name)
}

fn members() -> impl Iterator<Item = &'static Value> {
    let ids = METADATA["workspace_members"].as_array().expect("cargo metadata lists members");
    let all = METADATA["packages"].as_array().expect("cargo metadata lists packages");
    all.iter().filter(|package| ids.contains(&package["id"]))
}

/// Who names whom in its manifest. The kind is `normal`, `dev` or `build`.
fn edges(kind: fn(&str) -> bool) -> Vec<(String, String)> {
    let mut edges = Vec::new();
    for package in members() {
        let dependencies = package["dependencies"].as_array().expect("a package lists its dependencies");
        let wanted = dependencies.iter().filter(|dependency| kind(dependency["kind"].as_str().unwrap_or("normal")));
        edges.extend(wanted.map(|dependency| (text(&package["name"]), text(&dependency["name"]))));
    }
    edges
}

fn text(value: &Value) -> String {
    value.as_str().expect("cargo metadata names things in texts").to_owned()
}
