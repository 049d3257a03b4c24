//! Units opened one by one, without a registry and without an archive: the first half of a reload, for the author's
//! tools.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use amprule_hooks::{Diagnostic, Manifest, Source, Version};
use jiff::Timestamp;

use crate::compile_pools::{CompilePools, CompileSettings};
use crate::report::place_of;
use crate::source;

/// Reads, checks and compiles units exactly as the server does.
pub struct Opener {
    pools: CompilePools,
}

/// What the unit at `path` says of itself. Nothing is compiled.
pub fn manifest_at(path: &Path) -> Result<Manifest, Closed> {
    let place = place_of(path).ok_or_else(|| Closed::NoUnit(path.to_owned()))?;
    source::at(&place).map(|source| source.manifest).map_err(Closed::Broken)
}

/// Why there is no unit to work with.
#[derive(Debug, thiserror::Error)]
pub enum Closed {
    #[error("there is no unit at {0}: a unit is a folder with plugin.toml or main.rhai, or a .rhai or .wasm file")]
    NoUnit(PathBuf),
    #[error("{}", printed(.0))]
    Broken(Vec<Diagnostic>),
}

/// A unit that can be called.
pub struct Opened {
    /// As the code says it where the manifest says nothing.
    pub source: Source,
    pub version: Version,
    /// How many of its cases ran and passed.
    pub cases: usize,
    /// What is odd, and keeps nobody from using it.
    pub warnings: Vec<Diagnostic>,
}

impl Opener {
    pub fn new(settings: CompileSettings) -> io::Result<Self> {
        Ok(Self { pools: CompilePools::open(settings)? })
    }

    /// `tests`: a unit whose cases fail is broken.
    pub fn open(&self, path: &Path, tests: bool) -> Result<Opened, Closed> {
        let place = place_of(path).ok_or_else(|| Closed::NoUnit(path.to_owned()))?;
        let (mut source, mut warnings) = source::with_warnings(&place).map_err(Closed::Broken)?;
        let made = self.pools.make(source.clone(), tests, Timestamp::UNIX_EPOCH).map_err(Closed::Broken)?;
        source.manifest.hooks.clone_from(&made.version.manifest.hooks);
        source.tables = Arc::clone(&made.version.tables);
        warnings.extend_from_slice(made.version.unit().warnings());
        Ok(Opened { source, version: made.version, cases: made.cases, warnings })
    }
}

fn printed(diagnostics: &[Diagnostic]) -> String {
    diagnostics.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
