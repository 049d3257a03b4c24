//! The official JSON schemas, read from the installed PyPI package `ocpp`. They are never a part of this repository.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use jsonschema::Validator;
use serde_json::Value;

use crate::folders;

/// The schemas of one version, compiled when they are first asked for.
#[derive(Debug)]
pub struct Schemas {
    folder: PathBuf,
    compiled: HashMap<String, Validator>,
}

impl Schemas {
    /// `version` is the package's folder: `v16`, `v201`.
    pub fn of(version: &str) -> Self {
        let folder = package().join(version).join("schemas");
        assert!(folder.is_dir(), "{} is missing; remove target/venv and run `cargo xtask test`", folder.display());
        Self { folder, compiled: HashMap::new() }
    }

    pub fn check_call(&mut self, action: &str, payload: &Value) {
        let names = [format!("{action}Request"), action.to_owned()];
        self.check(&names, payload);
    }

    pub fn check_result(&mut self, action: &str, payload: &Value) {
        self.check(&[format!("{action}Response")], payload);
    }

    pub fn takes_call(&mut self, action: &str, payload: &Value) -> bool {
        self.validator(&[format!("{action}Request"), action.to_owned()]).is_valid(payload)
    }

    pub fn takes_result(&mut self, action: &str, payload: &Value) -> bool {
        self.validator(&[format!("{action}Response")]).is_valid(payload)
    }

    fn check(&mut self, names: &[String], payload: &Value) {
        if let Err(error) = self.validator(names).validate(payload) {
            panic!("{} does not follow the schema at {}: {error}\n{payload}", names[0], error.instance_path());
        }
    }

    fn validator(&mut self, names: &[String]) -> &Validator {
        let file = names.iter().map(|name| self.folder.join(format!("{name}.json"))).find(|file| file.exists());
        let file = file.unwrap_or_else(|| panic!("the standard has no schema {names:?}"));
        self.compiled.entry(names[0].clone()).or_insert_with(|| compile(&file))
    }
}

fn compile(file: &Path) -> Validator {
    let text = std::fs::read_to_string(file).expect("read a schema");
    let schema = serde_json::from_str(text.trim_start_matches('\u{feff}')).expect("a schema is JSON");
    jsonschema::validator_for(&schema).unwrap_or_else(|error| panic!("compile {}: {error}", file.display()))
}

/// The installed package's folder. Its path names the Python version.
fn package() -> PathBuf {
    let lib = folders::target().join("venv/lib");
    let found = std::fs::read_dir(&lib).ok().and_then(|entries| {
        entries.flatten().map(|entry| entry.path().join("site-packages/ocpp")).find(|path| path.is_dir())
    });
    found.unwrap_or_else(|| {
        panic!("the official schemas are read from the PyPI package ocpp in target/venv, which is missing; `cargo xtask test` installs it")
    })
}
