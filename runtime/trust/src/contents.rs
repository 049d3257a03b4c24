//! `contents.json`: what a unit is made of, in the one text that is signed.
//!
//! There is exactly one text for each unit. A reader encodes what it has read and compares: what is read twice, left
//! out or written in another way is no contents.

use std::collections::BTreeMap;

use amprule_domain::decision::Hook;
use amprule_hooks::manifest::RequestedLimits;
use amprule_hooks::{Diagnostic, Manifest, Source, tables};
use serde::{Deserialize, Serialize};

use crate::digits::sha256;
use crate::names;

pub const CONTENTS: &str = "contents.json";
pub const SIGNATURE: &str = "signature.json";
/// The operator's own file.
pub const PARAMETERS: &str = "parameters.toml";

pub const FORMAT: u32 = 1;
pub const MAX_FILES: usize = 64;
/// Over all files.
pub const MAX_BYTES: u64 = 32 << 20;
pub(crate) const MAX_CONTENTS: usize = 64 << 10;

/// What stands in `contents.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Contents {
    pub format: u32,
    pub unit: String,
    pub version: String,
    pub revision: u64,
    pub hooks: Vec<Hook>,
    /// Capability to the reason why it is wanted.
    pub capabilities: BTreeMap<String, String>,
    pub limits: Limits,
    pub files: BTreeMap<String, FileEntry>,
}

/// The limits that the unit asks for; those of the host where it does not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Limits {
    pub fuel: Option<u64>,
    pub wall_ms: Option<u64>,
    pub memory_mib: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    pub bytes: u64,
    pub sha256: String,
}

impl Contents {
    /// Of a unit that was read and whose manifest was checked.
    pub fn of(source: &Source) -> Result<Self, Vec<Diagnostic>> {
        let manifest = &source.manifest;
        if !source.files.contains_key("plugin.toml") {
            let why = Diagnostic::new("package", "only a folder with a plugin.toml can be packed or signed");
            return Err(vec![why.hint("make a folder of it, with a plugin.toml that has id, version and hooks")]);
        }
        let files: BTreeMap<String, FileEntry> =
            packed(&source.files).map(|(name, bytes)| (name.clone(), FileEntry::of(bytes))).collect();
        let contents = Self {
            format: FORMAT,
            unit: manifest.id.clone(),
            version: manifest.version.clone(),
            revision: manifest.revision,
            hooks: manifest.hooks.clone(),
            capabilities: manifest.capabilities.clone(),
            limits: Limits::of(&manifest.limits),
            files,
        };
        contents.check_names().map_err(|why| vec![why])?;
        Ok(contents)
    }

    pub fn encode(&self) -> Vec<u8> {
        let mut text = serde_json::to_vec_pretty(self).expect("contents are plain data");
        text.push(b'\n');
        text
    }

    /// Strict: only what [`Contents::encode`] writes is read.
    pub fn decode(bytes: &[u8]) -> Result<Self, Diagnostic> {
        let refuse = |why: String| Diagnostic::new("signature", why).in_file(CONTENTS);
        if bytes.len() > MAX_CONTENTS {
            return Err(refuse(format!("more than {MAX_CONTENTS} bytes")));
        }
        let contents: Self =
            serde_json::from_slice(bytes).map_err(|error| refuse(format!("not a list of contents: {error}")))?;
        if contents.format != FORMAT {
            return Err(refuse(format!("format {} is not known, only {FORMAT}", contents.format)));
        }
        if contents.encode() != bytes {
            let why = "it is not written as `amprule pack` and `amprule sign` write it".to_owned();
            return Err(refuse(why).hint("sign the unit again; the file must not be edited"));
        }
        contents.check_names()?;
        Ok(contents)
    }

    /// Every file is as it is listed, and there are no others.
    pub(crate) fn check_files(&self, files: &BTreeMap<String, Vec<u8>>) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        for (name, bytes) in packed(files) {
            match self.files.get(name) {
                None => found.push(
                    Diagnostic::new("signature", "the file is not listed in contents.json")
                        .in_file(name)
                        .hint("remove it, or sign the unit again with `amprule sign`"),
                ),
                Some(entry) => found.extend(entry.check(name, bytes)),
            }
        }
        let missing = self.files.keys().filter(|name| !files.contains_key(*name));
        found.extend(missing.map(|name| {
            Diagnostic::new("signature", "contents.json lists the file, and it is not there").in_file(name)
        }));
        found
    }

    /// `plugin.toml` is one of the listed files, so both come from the same hand; they must still say the same.
    pub(crate) fn check_manifest(&self, manifest: &Manifest) -> Option<Diagnostic> {
        let same = self.unit == manifest.id
            && self.version == manifest.version
            && self.revision == manifest.revision
            && self.hooks == manifest.hooks
            && self.capabilities == manifest.capabilities
            && self.limits == Limits::of(&manifest.limits);
        let why = "it does not say the same of the unit as plugin.toml";
        (!same).then(|| Diagnostic::new("signature", why).in_file(CONTENTS).hint("sign the unit again"))
    }

    fn check_names(&self) -> Result<(), Diagnostic> {
        let refuse = |why: String| Diagnostic::new("package", why);
        if self.files.len() > MAX_FILES {
            return Err(refuse(format!("more than {MAX_FILES} files")));
        }
        let bytes = self.files.values().try_fold(0_u64, |sum, entry| sum.checked_add(entry.bytes));
        if bytes.is_none_or(|bytes| bytes > MAX_BYTES) {
            return Err(refuse(format!("the files have more than {MAX_BYTES} bytes")));
        }
        for name in self.files.keys() {
            if let Some(why) = complaint(name) {
                return Err(refuse(why.to_owned()).in_file(name));
            }
        }
        match names::collision(self.files.keys().map(String::as_str)) {
            Some(name) => Err(refuse("another file has this name on some systems".to_owned()).in_file(name)),
            None => Ok(()),
        }
    }
}

/// What is the operator's is never in a package and never signed.
pub fn is_operators(name: &str) -> bool {
    name == PARAMETERS || tables::is_operators(name)
}

/// What is listed and hashed: all but the list itself, its signature and what is the operator's.
pub(crate) fn packed(files: &BTreeMap<String, Vec<u8>>) -> impl Iterator<Item = (&String, &Vec<u8>)> {
    files.iter().filter(|(name, _)| ![CONTENTS, SIGNATURE].contains(&name.as_str()) && !is_operators(name))
}

const IN_PLACE_OF_FILES: [&str; 4] = [CONTENTS, SIGNATURE, PARAMETERS, "plugin.toml"];

fn complaint(name: &str) -> Option<&'static str> {
    match name {
        CONTENTS | SIGNATURE => Some("the list of contents and its signature are not listed"),
        PARAMETERS => Some("parameters.toml is the operator's; give the parameters defaults in plugin.toml instead"),
        _ if IN_PLACE_OF_FILES.iter().any(|file| name.strip_prefix(file).is_some_and(|rest| rest.starts_with('/'))) => {
            Some("a folder has the name of one of the unit's own files")
        }
        _ if is_operators(name) => Some("tables/ is the operator's; ship a table in defaults/ instead"),
        _ => names::complaint(name),
    }
}

impl Limits {
    fn of(asked: &RequestedLimits) -> Self {
        Self { fuel: asked.fuel, wall_ms: asked.wall_ms, memory_mib: asked.memory_mib }
    }
}

impl FileEntry {
    fn of(bytes: &[u8]) -> Self {
        Self { bytes: bytes.len() as u64, sha256: sha256(bytes) }
    }

    fn check(&self, name: &str, bytes: &[u8]) -> Option<Diagnostic> {
        let now = Self::of(bytes);
        (now != *self).then(|| {
            let why = format!(
                "the file is not the one that contents.json lists: SHA-256 {}…, listed {}…",
                &now.sha256[..12],
                self.sha256.get(..12).unwrap_or(&self.sha256)
            );
            let hint = "put the listed file back, or sign the unit again with `amprule sign`";
            Diagnostic::new("signature", why).in_file(name).hint(hint)
        })
    }
}
