//! `[[forwards]]`: other backends that hear what stations say.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use amprule_forward::{Forward, Introduce};
use anyhow::{Context as _, Result};
use serde::Deserialize;

use super::misplaced::Misplaced;
use super::places::place;

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Written {
    pub(crate) name: String,
    to: String,
    #[serde(default)]
    stations: Vec<String>,
    #[serde(default)]
    groups: Vec<String>,
    #[serde(default)]
    vendors: Vec<String>,
    #[serde(default)]
    models: Vec<String>,
    #[serde(default)]
    allow: Vec<String>,
    password_file: Option<PathBuf>,
    roots: Option<PathBuf>,
    #[serde(default)]
    introduce: When,
    #[serde(default = "Written::calls_per_minute")]
    calls_per_minute: u32,
    #[serde(default = "Written::timeout_s")]
    timeout_s: u64,
    #[serde(default)]
    allow_ws: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum When {
    #[default]
    Once,
    Always,
}

/// Each has a connection for each of its stations.
const MAX_FORWARDS: usize = 32;

impl Written {
    const fn calls_per_minute() -> u32 {
        30
    }

    const fn timeout_s() -> u64 {
        30
    }

    /// With what its files hold.
    pub(crate) fn forward(&self) -> Result<Forward> {
        let read = |file: &PathBuf| {
            std::fs::read(file)
                .with_context(|| format!("read the roots {} of the forward {}", file.display(), self.name))
        };
        let roots = self.roots.as_ref().map(read).transpose()?;
        Ok(Forward { roots, ..self.as_written() })
    }

    fn as_written(&self) -> Forward {
        Forward {
            name: self.name.clone(),
            to: self.to.clone(),
            stations: self.stations.clone(),
            groups: self.groups.clone(),
            vendors: self.vendors.clone(),
            models: self.models.clone(),
            allow: self.allow.clone(),
            password_file: self.password_file.clone(),
            roots: None,
            introduce: match self.introduce {
                When::Once => Introduce::Once,
                When::Always => Introduce::Always,
            },
            calls_per_minute: self.calls_per_minute,
            timeout: Duration::from_secs(self.timeout_s),
            allow_ws: self.allow_ws,
        }
    }
}

/// Each fault, at the key that has it.
pub(super) fn check(written: &[Written], text: &str) -> Result<(), Vec<Misplaced>> {
    let mut names = BTreeSet::new();
    let mut faults = Vec::new();
    for (at, forward) in written.iter().enumerate() {
        let name = &forward.name;
        let mut fault = |key: &str, why: String| {
            faults.push(Misplaced { at: place(text, &format!("forwards.{at}{key}")), why });
        };
        if !names.insert(name) {
            fault(".name", format!("two forwards have the name {name}"));
        }
        for (key, why) in forward.as_written().faults() {
            fault(&format!(".{key}"), format!("the forward {name}: {why}"));
        }
        if at == MAX_FORWARDS {
            fault("", format!("there are {} forwards; at most {MAX_FORWARDS} are served", written.len()));
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}

/// Where what is wrong with this forward's roots stands.
pub(super) fn place_of_roots(written: &[Written], name: &str, text: &str) -> usize {
    let at = written.iter().position(|forward| forward.name == name).unwrap_or_default();
    place(text, &format!("forwards.{at}.roots"))
}

/// With what their files hold. The error has the name of the forward whose roots cannot be read.
pub(crate) fn ready(written: &[Written]) -> Result<Vec<Forward>, (String, anyhow::Error)> {
    written.iter().map(|one| one.forward().map_err(|error| (one.name.clone(), error))).collect()
}
