//! The plugins that are shipped, and their own cases.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use amprule_hooks::manifest::{Declaration, parse};
use amprule_hooks::{CallLimits, Kind, Source, Tables, cases};

use crate::harness::{compile, printed};

const GRANTED: CallLimits = CallLimits { fuel: 20_000_000, wall: Duration::from_secs(20), memory: 32 << 20 };

#[test]
fn the_shipped_plugins_pass_their_own_cases() {
    let shipped = ["blueprint", "night-rate", "price-list", "fleet-only", "blocking-fee"].map(folder);
    for folder in shipped.into_iter().chain([guest("curious")]) {
        let name = folder.display();
        let source = read(&folder);
        if source.entry().is_empty() {
            // `cargo xtask plugins` makes them; the tests of the whole call it first.
            continue;
        }
        let outcome = cases::run(&source, compile(&source).as_ref(), &GRANTED);
        assert!(outcome.failed.is_empty(), "{name}: {}", printed(&outcome.failed));
        assert!(outcome.passed >= 3, "{name} has only {} cases", outcome.passed);
    }
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins").join(name)
}

fn guest(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/guests").join(name)
}

/// A plugin's folder as a source, with the cases that it has.
pub(crate) fn read(folder: &Path) -> Source {
    let manifest = fs::read_to_string(folder.join("plugin.toml")).expect("a shipped plugin has a manifest");
    let declaration = Declaration { file: "plugin.toml", manifest: &manifest, parameters: None, entry: "plugin.wasm" };
    let (manifest, parameters) = parse(&declaration).unwrap_or_else(|found| panic!("{}", printed(&found)));
    let mut files = BTreeMap::new();
    files.extend(component(folder).map(|bytes| ("plugin.wasm".to_owned(), bytes)));
    for below in ["cases", "tables", "defaults"] {
        for file in fs::read_dir(folder.join(below)).into_iter().flatten() {
            let path = file.expect("a readable folder").path();
            let name = path.file_name().expect("a file has a name").to_string_lossy();
            files.insert(format!("{below}/{name}"), fs::read(&path).expect("a readable file"));
        }
    }
    let tables = Tables::read(&manifest.tables, &files).unwrap_or_else(|found| panic!("{}", printed(&found)));
    Source {
        kind: Kind::Wasm,
        manifest,
        parameters,
        files,
        tables: Arc::new(tables),
        hash: "0".repeat(64),
        code_hash: String::new(),
    }
}

/// As it is built, or as the museum keeps large ones.
fn component(folder: &Path) -> Option<Vec<u8>> {
    let packed = || zstd::decode_all(fs::File::open(folder.join("plugin.wasm.zst")).ok()?).ok();
    fs::read(folder.join("plugin.wasm")).ok().or_else(packed)
}
