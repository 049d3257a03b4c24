//! From a unit's files to a source: the manifest, the parameters, the entry.

use std::collections::BTreeMap;
use std::sync::Arc;

use amprule_hooks::manifest::{self, Declaration, MAP};
use amprule_hooks::{Diagnostic, Kind, Manifest, Source};
use serde_json::{Map, Value};

use crate::read::Files;
use crate::unit_path::UnitForm;

/// Bytes of a manifest, and of parameters.
const TEXT_MAX: usize = 256 << 10;

pub(crate) enum Refusal {
    /// Nothing is wrong, but the entry is not there yet.
    Waiting {
        id: String,
        diagnostics: Vec<Diagnostic>,
    },
    Broken(Vec<Diagnostic>),
}

/// An editor that empties the file before it writes would make prices of the defaults for a moment, and a full disk for longer.
/// Only of files as they lie there: what was taken once is taken again from the archive.
pub(crate) fn refuse_emptied(files: &Files) -> Result<(), Vec<Diagnostic>> {
    let is_empty = |bytes: &Vec<u8>| bytes.iter().all(u8::is_ascii_whitespace);
    match files.files.get("parameters.toml").filter(|bytes| is_empty(bytes)) {
        None => Ok(()),
        Some(_) => {
            let hint = "delete it where the defaults shall count, or keep a comment in it";
            Err(vec![Diagnostic::new("parameter", "the file is empty").in_file("parameters.toml").hint(hint)])
        }
    }
}

/// Without its tables: reading them may take long, and is the compilers' work. `name` is the place's name: the id of a unit without
/// a manifest. `edition`: the rules by which it counts.
pub(crate) fn check(shape: UnitForm, name: &str, files: &Files, edition: u8) -> Result<Source, Refusal> {
    let (mut manifest, parameters) = declared(shape, name, &files.files, edition).map_err(Refusal::Broken)?;
    manifest.edition = edition;
    let kind = Kind::of(&manifest.entry);
    if !files.files.contains_key(&manifest.entry) {
        return Err(no_entry(manifest, kind, files.has_sources));
    }
    let (files, hash, code_hash) = (files.files.clone(), files.hash.clone(), files.code_hash.clone());
    Ok(Source { kind, manifest, parameters, files, tables: Arc::default(), hash, code_hash })
}

type Declared = (Manifest, Map<String, Value>);

fn declared(
    shape: UnitForm,
    name: &str,
    files: &BTreeMap<String, Vec<u8>>,
    edition: u8,
) -> Result<Declared, Vec<Diagnostic>> {
    let (file, entry) = match shape {
        UnitForm::Folder => ("plugin.toml".to_owned(), usual_entry(files)),
        UnitForm::Single => {
            let code = files.keys().find(|file| !file.ends_with(".toml"));
            (format!("{name}.toml"), code.cloned().unwrap_or_default())
        }
    };
    let parameters = text(files, "parameters.toml")?;
    let Some(manifest) = text(files, &file)? else {
        return bare(name, &entry, &file, parameters.is_some());
    };
    manifest::parse_by(edition, &Declaration { file: &file, manifest, parameters, entry: &entry })
}

fn bare(name: &str, entry: &str, manifest: &str, has_parameters: bool) -> Result<Declared, Vec<Diagnostic>> {
    if has_parameters {
        let why = Diagnostic::new("manifest", "there are parameters, but no manifest declares them");
        return Err(vec![
            why.in_file("parameters.toml").hint("add a plugin.toml with a table [parameters.…] for each"),
        ]);
    }
    if !manifest::is_id(name) {
        let why = Diagnostic::new("manifest", format!("{name:?} cannot be the unit's id"));
        let hint = format!("rename it to small letters, digits and hyphens, or add {manifest} with an id");
        return Err(vec![why.hint(hint)]);
    }
    Ok((Manifest::bare(name, entry, &[]), Map::new()))
}

fn usual_entry(files: &BTreeMap<String, Vec<u8>>) -> String {
    let main = "main.rhai";
    if files.contains_key(MAP) {
        return MAP.to_owned();
    }
    let is_of_scripts = files.keys().any(|name| name.ends_with(".rhai"));
    if is_of_scripts { main.to_owned() } else { "plugin.wasm".to_owned() }
}

fn no_entry(manifest: Manifest, kind: Kind, has_sources: bool) -> Refusal {
    let entry = &manifest.entry;
    let diagnostic = Diagnostic::new("waiting", format!("no {entry} yet")).in_file("plugin.toml").as_warning();
    match kind {
        Kind::Wasm if !has_sources && entry == "plugin.wasm" => {
            let hint = "write main.rhai, or put the component there; another entry is named by `entry = \"NAME.wasm\"`";
            let why = Diagnostic::new("manifest", "there is neither main.rhai nor plugin.wasm").in_file("plugin.toml");
            Refusal::Broken(vec![why.hint(hint)])
        }
        Kind::Wasm => {
            let diagnostics = vec![diagnostic.hint(
                "build it: `amprule build` in its folder; those of this repository by `cargo xtask plugins`, and in C by `cargo xtask guests`",
            )];
            Refusal::Waiting { id: manifest.id, diagnostics }
        }
        Kind::Rhai | Kind::Map => Refusal::Broken(vec![
            Diagnostic::new("manifest", format!("there is no {entry}"))
                .in_file("plugin.toml")
                .hint("the script that the server asks is main.rhai; another one is named by `entry = \"NAME.rhai\"`"),
        ]),
    }
}

fn text<'f>(files: &'f BTreeMap<String, Vec<u8>>, name: &str) -> Result<Option<&'f str>, Vec<Diagnostic>> {
    let Some(bytes) = files.get(name) else { return Ok(None) };
    if bytes.len() > TEXT_MAX {
        let why = format!("{} KiB; at most {} are read", bytes.len() >> 10, TEXT_MAX >> 10);
        return Err(vec![Diagnostic::new("limit", why).in_file(name)]);
    }
    match std::str::from_utf8(bytes) {
        // Some editors begin a text with a mark that nobody sees.
        Ok(text) => Ok(Some(text.strip_prefix('\u{feff}').unwrap_or(text))),
        Err(error) => {
            let why = format!("not UTF-8 text: byte {} is no character", error.valid_up_to());
            Err(vec![Diagnostic::new("manifest", why).in_file(name)])
        }
    }
}
