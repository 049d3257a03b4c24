//! `cargo xtask guests`: one tariff in several languages, as far as this machine has their tools.
//!
//! Each becomes a folder of target/guests that a server could load: the manifest, the component, the cases.

mod c;
mod interpreted;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::plugins;
use crate::run::cargo;

#[derive(Debug, clap::Args)]
pub(crate) struct Guests {
    /// Also fetches the tools for JavaScript (npm) and Python (PyPI) into target/, which takes minutes.
    #[arg(long)]
    install: bool,
    /// Runs the cases of each with `amprule check`.
    #[arg(long)]
    check: bool,
}

/// What came of a language.
enum Built {
    Component(Vec<u8>),
    /// Why there is none, and what would help.
    Missing(String),
}

struct Language {
    name: &'static str,
    build: fn(&Workplace) -> Result<Built>,
}

const LANGUAGES: [Language; 4] = [
    Language { name: "rust", build: rust },
    Language { name: "c", build: c::build },
    Language { name: "js", build: interpreted::javascript },
    Language { name: "python", build: interpreted::python },
];

struct Workplace {
    root: PathBuf,
    /// `plugin-sdk/guests/<language>`
    source: PathBuf,
    /// `target/guests/<language>/work`, with a copy of the source.
    work: PathBuf,
    install: bool,
}

impl Guests {
    pub(crate) fn run(&self, root: &Path) -> Result<()> {
        plugins::build(root)?;
        build_all(root, self.install)?;
        if self.check {
            for folder in fs::read_dir(root.join("target/guests")).context("read target/guests")? {
                let folder = folder?.path();
                if folder.join("plugin.wasm").exists() {
                    crate::run::run(
                        cargo(root).args(["run", "--quiet", "--bin", "amprule", "--", "check"]).arg(folder),
                    )?;
                }
            }
        }
        Ok(())
    }
}

/// Builds what can be built, and says plainly what cannot. The Rust guest is built with the plugins.
pub(crate) fn build_all(root: &Path, install: bool) -> Result<()> {
    build(root, &LANGUAGES, install)
}

/// Only those that are built in a second.
pub(crate) fn build_small(root: &Path) -> Result<()> {
    build(root, &LANGUAGES[..2], false)
}

fn build(root: &Path, languages: &[Language], install: bool) -> Result<()> {
    for language in languages {
        let folder = root.join("target/guests").join(language.name);
        let source = root.join("plugin-sdk/guests").join(language.name);
        let work = folder.join("work");
        copy(&source, &work)?;
        let place = Workplace { root: root.to_owned(), source, work, install };
        match (language.build)(&place).with_context(|| format!("build the guest in {}", language.name))? {
            Built::Component(component) => {
                finish(root, &folder, &component)?;
                println!("  built    {}: {} KiB", language.name, component.len().div_ceil(1024));
            }
            Built::Missing(why) => println!("  missing  {}: {why}", language.name),
        }
    }
    Ok(())
}

fn rust(place: &Workplace) -> Result<Built> {
    let path = place.source.join("plugin.wasm");
    Ok(Built::Component(fs::read(&path).with_context(|| format!("read {}", path.display()))?))
}

/// The component with the manifest and the cases that all languages share.
fn finish(root: &Path, folder: &Path, component: &[u8]) -> Result<()> {
    let shared = root.join("plugin-sdk/guests");
    fs::write(folder.join("plugin.wasm"), component).context("write a component")?;
    fs::copy(shared.join("plugin.toml"), folder.join("plugin.toml")).context("copy the manifest")?;
    copy(&shared.join("cases"), &folder.join("cases"))
}

/// Copies a folder's files over those that are there. Tools that were installed beside them stay.
fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).with_context(|| format!("make {}", to.display()))?;
    for entry in fs::read_dir(from).with_context(|| format!("read {}", from.display()))? {
        let entry = entry.with_context(|| format!("read {}", from.display()))?;
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &target)?;
        } else {
            fs::copy(&path, &target).with_context(|| format!("copy {}", path.display()))?;
        }
    }
    Ok(())
}
