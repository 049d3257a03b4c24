//! Where compiled plugins are kept: in the server's data folder, and for the author's tools in the user's cache folder.
//!
//! Each has a key of its own beside it, which only its owner can read; see [`amprule_wasm::Cache`]. Where there is no such
//! folder, everything is compiled each time.

use std::env;
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use amprule_wasm::Cache;
use anyhow::{Context, Result};

use crate::secrets;

/// MiB, when nobody says otherwise.
pub(crate) const USUAL_MIB: u64 = 512;
const FOLDER: &str = "compiled";

/// At most so many MiB; none at all for 0.
pub(crate) fn of_server(data: &Path, mib: u64) -> Option<Cache> {
    if mib == 0 {
        return None;
    }
    let opened = open(data, mib);
    if let Err(error) = &opened {
        let why = format!("{error:#}");
        tracing::warn!(data = %data.display(), why, "plugins are compiled anew at each start; their cache cannot be used");
    }
    opened.ok()
}

pub(crate) fn of_user() -> Option<Cache> {
    let folder = user_folder()?;
    let made = DirBuilder::new().recursive(true).mode(0o700).create(&folder);
    made.context("make the cache's folder").and_then(|()| open(&folder, USUAL_MIB)).ok()
}

fn open(folder: &Path, mib: u64) -> Result<Cache> {
    let key = secrets::compiled_key(folder)?;
    let compiled = folder.join(FOLDER);
    Cache::open(&compiled, &key, mib << 20).with_context(|| format!("open {}", compiled.display()))
}

fn user_folder() -> Option<PathBuf> {
    let named = |name: &str| env::var_os(name).map(PathBuf::from).filter(|folder| folder.is_absolute());
    let caches = named("XDG_CACHE_HOME").or_else(|| Some(named("HOME")?.join(".cache")))?;
    Some(caches.join("amprule"))
}
