//! The scripts that are shipped compile and pass their own cases.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use amprule_hooks::manifest::{Declaration, parse};
use amprule_hooks::{HostLimits, Kind, Source, Tables, cases};

use crate::harness::{compile, printed};

#[test]
fn every_shipped_script_passes_its_cases() {
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts");
    let mut passed = BTreeMap::new();
    for folder in children(&scripts).into_iter().filter(|path| path.join("main.rhai").is_file()) {
        let source = read(&folder);
        let granted = HostLimits::default().grant(Kind::Rhai, &source.manifest.limits);
        let unit = compile(&source);
        let warned = printed(unit.warnings());
        assert!(!warned.contains("AR0112") && !warned.contains("AR0126"), "{}:\n{warned}", source.manifest.id);
        let outcome = cases::run(&source, &*unit, &granted);
        assert!(outcome.failed.is_empty(), "{}:\n{}", source.manifest.id, printed(&outcome.failed));
        passed.insert(source.manifest.id, outcome.passed);
    }
    for script in ["flat-tariff", "spot-price", "time-of-use", "token-table", "opening-hours", "member-discount"] {
        assert!(passed.get(script).is_some_and(|count| *count >= 3), "{script} has too few cases: {passed:?}");
    }
}

fn read(folder: &Path) -> Source {
    let files = files(folder);
    let declaration = Declaration {
        file: "plugin.toml",
        manifest: std::str::from_utf8(&files["plugin.toml"]).expect("a manifest is text"),
        parameters: None,
        entry: "main.rhai",
    };
    let (manifest, parameters) = parse(&declaration).unwrap_or_else(|found| panic!("{}", printed(&found)));
    let tables = Tables::read(&manifest.tables, &files).unwrap_or_else(|found| panic!("{}", printed(&found)));
    Source {
        kind: Kind::Rhai,
        manifest,
        parameters,
        files,
        tables: Arc::new(tables),
        hash: String::new(),
        code_hash: String::new(),
    }
}

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let all = children(folder).into_iter().flat_map(|path| if path.is_dir() { children(&path) } else { vec![path] });
    let name = |path: &Path| path.strip_prefix(folder).expect("inside").to_string_lossy().replace('\\', "/");
    all.map(|path| (name(&path), fs::read(&path).expect("readable"))).collect()
}

fn children(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("readable").path()).collect()
}
