//! A small unit, keys that are always the same, and what is said of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use amprule_hooks::manifest::{Declaration, parse};
use amprule_hooks::{Diagnostic, HostLimits, Kind, Source};
use amprule_trust::contents::{CONTENTS, SIGNATURE};
use amprule_trust::{Contents, Policy, SecretKey, Signature, verify};

pub(crate) type Files = BTreeMap<String, Vec<u8>>;

pub(crate) const MANIFEST: &str = r#"id = "acme-tou"
version = "1.2.0"
revision = 3
hooks = ["pricing"]
[capabilities]
log = "to say why"
[limits]
fuel = 1000
"#;

pub(crate) fn key(name: &str) -> SecretKey {
    let mut seed = [7; 32];
    seed[..name.len()].copy_from_slice(name.as_bytes());
    SecretKey::new(name, &seed)
}

/// What the server would read of a folder with these files. The operator's parameters come on top.
pub(crate) fn source(files: &Files) -> Source {
    let manifest = String::from_utf8(files["plugin.toml"].clone()).unwrap();
    let declaration = Declaration { file: "plugin.toml", manifest: &manifest, parameters: None, entry: "main.rhai" };
    let (manifest, parameters) = parse(&declaration).unwrap();
    Source {
        kind: Kind::Rhai,
        manifest,
        parameters,
        files: files.clone(),
        tables: Arc::default(),
        hash: "0".repeat(64),
        code_hash: String::new(),
    }
}

pub(crate) fn plain(manifest: &str) -> Files {
    let files = [("plugin.toml", manifest), ("main.rhai", "fn price(session) {}"), ("cases/one.json", "[]")];
    files.map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec())).into()
}

pub(crate) fn signed(manifest: &str, key: &SecretKey) -> Files {
    let mut files = plain(manifest);
    sign(&mut files, key);
    files
}

pub(crate) fn sign(files: &mut Files, key: &SecretKey) {
    let contents = Contents::of(&source(files)).unwrap().encode();
    files.insert(SIGNATURE.to_owned(), Signature::sign(key, &contents).encode());
    files.insert(CONTENTS.to_owned(), contents);
}

/// A configuration that knows the key `acme` for units that begin with `acme-`, and more of it if wanted.
pub(crate) fn policy(required: bool, more: &str) -> Policy {
    let public = key("acme").public();
    let text = format!(
        "required = {required}\n[[keys]]\nname = \"acme\"\npublic = \"{public}\"\nunits = [\"acme-*\"]\n{more}"
    );
    toml::from_str(&text).unwrap()
}

pub(crate) fn printed(found: &[Diagnostic]) -> String {
    found.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// `ok`, or all that is said against it.
pub(crate) fn verdict(files: &Files, policy: &Policy) -> String {
    match verify(&source(files), policy, &HostLimits::default()) {
        Ok(_) => "ok".to_owned(),
        Err(found) => printed(&found),
    }
}
