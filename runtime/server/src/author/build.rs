//! `amprule build`: from a plugin's sources to `plugin.wasm` beside its manifest, in each language that has a way there.
//!
//! A language is told by the one file that its projects have. What the compilers say goes to standard error as it comes.
//! The component is replaced in one move, and only when its bytes changed.

mod c;
mod interpreted;
mod running;
mod rust;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use amprule_domain::decision::Hook;
use amprule_hooks::manifest::{self, Declaration};
use amprule_reload::read_file;
use amprule_workbench::component::component;
use anyhow::{Context, Result, bail};
use clap::Args;

use crate::given::{self, Refused};
use crate::output::{complain, say};
pub(super) use running::Running;

/// What the server loads.
pub(super) const COMPONENT: &str = "plugin.wasm";
/// No unit has more.
const MAX_COMPONENT: u64 = 32 << 20;
/// With what a compiler leaves in it, and no component has.
const MAX_MODULE: u64 = 256 << 20;
const MAX_MANIFEST: u64 = 1 << 20;
/// This machine lacks a tool: nothing is wrong with the plugin.
const TOOL_MISSING: u8 = 3;

#[derive(Debug, Args)]
pub(crate) struct Build {
    /// The plugin's folder, with a Cargo.toml, src/plugin.c, plugin.js or plugin.py
    #[arg(value_name = "PATH", default_value = ".")]
    path: PathBuf,
    /// Only turn this module, made by any compiler, into the folder's component
    #[arg(long, value_name = "FILE")]
    module: Option<PathBuf>,
}

/// What this machine lacks, and the command that brings it.
#[derive(Debug, thiserror::Error)]
#[error("{what}; first run `{command}`")]
struct Missing {
    what: String,
    command: String,
}

fn missing(what: impl Into<String>, command: impl Into<String>) -> anyhow::Error {
    Missing { what: what.into(), command: command.into() }.into()
}

pub(crate) fn run(options: &Build) -> Result<ExitCode> {
    let made = match &options.module {
        Some(module) => read(module),
        None => compile(&options.path, &Running::default()),
    };
    match made.and_then(|made| save(made, &options.path)) {
        Ok((path, size)) => {
            say(format_args!("{}: {} KiB", path.display(), size.div_ceil(1024)));
            Ok(ExitCode::SUCCESS)
        }
        Err(error) if error.is::<Missing>() => {
            complain(&error);
            Ok(ExitCode::from(TOOL_MISSING))
        }
        Err(error) => Err(error),
    }
}

struct Language {
    /// Whose presence says that a project is in this language.
    mark: &'static str,
    /// A component, or a module that carries its contract.
    compile: fn(&Project<'_>) -> Result<Vec<u8>>,
    /// What an author edits, by its beginning and its end within the folder.
    sources: &'static [(&'static str, &'static str)],
}

const LANGUAGES: [Language; 4] = [
    Language { mark: "Cargo.toml", compile: rust::compile, sources: &[("src/", ".rs"), ("Cargo.toml", "")] },
    Language { mark: "src/plugin.c", compile: c::compile, sources: &[("src/", ""), ("include/", "")] },
    Language { mark: "plugin.js", compile: interpreted::javascript, sources: &[("", ".js"), ("package.json", "")] },
    Language { mark: "plugin.py", compile: interpreted::python, sources: &[("", ".py")] },
];

fn language_of(folder: &Path) -> Option<&'static Language> {
    LANGUAGES.iter().find(|language| folder.join(language.mark).is_file())
}

/// Is there anything to build, or is the unit a script?
pub(super) fn is_needed(folder: &Path) -> bool {
    language_of(folder).is_some()
}

/// Does the component follow from this file?
pub(super) fn is_source(folder: &Path, file: &Path) -> bool {
    let name = file.strip_prefix(folder).unwrap_or(file).to_string_lossy();
    let fits = |(begin, end): &(&str, &str)| name.starts_with(begin) && name.ends_with(end);
    language_of(folder).is_some_and(|language| name.starts_with("wit/") || language.sources.iter().any(fits))
}

/// What a compiler makes of the folder's sources. `running` can end it from another thread.
pub(super) fn compile(folder: &Path, running: &Running) -> Result<Vec<u8>> {
    let Some(language) = language_of(folder) else {
        let marks = LANGUAGES.map(|language| language.mark).join(", ");
        bail!("there is nothing to build in {}: none of {marks}; a script needs no building", folder.display());
    };
    (language.compile)(&Project { folder, running })
}

/// The component beside its manifest, and its size.
pub(super) fn save(made: Vec<u8>, folder: &Path) -> Result<(PathBuf, usize)> {
    let component = component(made).context("turn what was compiled into a component")?;
    let path = folder.join(COMPONENT);
    if !read_file(&path, MAX_COMPONENT).is_ok_and(|old| old == component) {
        given::save_in(folder, COMPONENT, &component)?;
    }
    Ok((path, component.len()))
}

/// A plugin's folder, with what its language needs to know.
struct Project<'a> {
    folder: &'a Path,
    running: &'a Running,
}

impl Project<'_> {
    /// `target/`: what tools make on the way, and nobody needs to keep.
    fn workplace(&self) -> Result<PathBuf> {
        let work = self.folder.join("target");
        fs::create_dir_all(&work).with_context(|| format!("make {}", work.display()))?;
        Ok(work)
    }

    /// A command that runs in the project's folder.
    fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.folder);
        command
    }

    /// The contract's world that has the manifest's hooks: it is named after them.
    fn world(&self) -> Result<String> {
        let file = self.folder.join("plugin.toml");
        let bytes = read_file(&file, MAX_MANIFEST).with_context(|| format!("read {}", file.display()))?;
        let text = String::from_utf8_lossy(&bytes);
        let declared = Declaration { file: "plugin.toml", manifest: &text, parameters: None, entry: COMPONENT };
        let parsed = manifest::parse(&declared).map_err(|found| Refused::new(self.folder.display(), found));
        let parsed = parsed?.0;
        match parsed.hooks.as_slice() {
            [] if parsed.drives => Ok(manifest::DEVICE.to_owned()),
            [] => bail!("{} names no hook; it needs a line like hooks = [\"pricing\"]", file.display()),
            hooks if hooks.len() == Hook::ALL.len() => Ok("all".to_owned()),
            hooks => {
                let named = Hook::ALL.into_iter().filter(|hook| hooks.contains(hook));
                Ok(named.map(Hook::as_str).collect::<Vec<_>>().join("-"))
            }
        }
    }
}

fn read(file: &Path) -> Result<Vec<u8>> {
    read_file(file, MAX_MODULE).with_context(|| format!("read {}", file.display()))
}
