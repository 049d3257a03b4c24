//! `[[forwards]]`: other backends that hear what stations say.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use amprule_forward::{Forward, Introduce};
use anyhow::{Context as _, Result};
use serde::Deserialize;
use toml::Spanned;

use super::misplaced::Misplaced;

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

/// A fault has the place of its forward.
pub(super) fn checked(written: &[Spanned<Written>]) -> Result<Vec<Written>, Misplaced> {
    let mut names = BTreeSet::new();
    for forward in written {
        let name = &forward.get_ref().name;
        let fault = |why: String| Misplaced::of(forward, format!("the forward {name}: {why}"));
        forward.get_ref().as_written().check().map_err(|why| fault(why.to_string()))?;
        if !names.insert(name) {
            return Err(Misplaced::of(forward, format!("two forwards have the name {name}")));
        }
        if names.len() > MAX_FORWARDS {
            return Err(fault(format!("there are {}; at most {MAX_FORWARDS} are served", written.len())));
        }
    }
    Ok(written.iter().map(|forward| forward.get_ref().clone()).collect())
}

/// With what their files hold.
pub(crate) fn ready(written: &[Written]) -> Result<Vec<Forward>> {
    written.iter().map(Written::forward).collect()
}
