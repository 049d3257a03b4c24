//! `cargo xtask guests`: one tariff in several languages, as far as this machine has their tools.
//!
//! Each becomes a project in target/guests, as `amprule new` makes one, and `amprule build` builds it there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::plugins;
use crate::run::{EVERYTHING, cargo, program, run};

#[derive(Debug, clap::Args)]
pub(crate) struct Guests {
    /// Also fetches the tools for JavaScript (npm) and Python (PyPI) into target/, which takes minutes.
    #[arg(long)]
    install: bool,
    /// Runs the cases of each with `amprule check`, and holds what it offers against its bills with `amprule offer`.
    #[arg(long)]
    check: bool,
    /// Only these: rust, c, js, python.
    #[arg(long, value_name = "LANGUAGE")]
    only: Vec<String>,
}

struct Language {
    name: &'static str,
    make: fn(&Project<'_>) -> Result<Made>,
    /// What fetches its tools into the project.
    install: &'static [&'static [&'static str]],
}

enum Made {
    Component,
    /// This machine lacks a tool; `amprule build` has said which.
    ToolMissing,
}

const LANGUAGES: [Language; 4] = [
    Language { name: "rust", make: of_the_workspace, install: &[] },
    Language { name: "c", make: built, install: &[] },
    Language {
        name: "js",
        make: built,
        install: &[&["npm", "install", "--no-audit", "--no-fund", "--no-package-lock"]],
    },
    Language {
        name: "python",
        make: built,
        install: &[
            &["python3", "-m", "venv", ".venv"],
            &[".venv/bin/pip", "install", "--quiet", "--disable-pip-version-check", "-r", "requirements.txt"],
        ],
    },
];

/// The variable that names an `amprule` to use, as for the tests.
const BINARY: &str = "AMPRULE_BINARY";
/// What `amprule build` ends with when a tool is missing.
const TOOL_MISSING: i32 = 3;

struct Project<'a> {
    root: &'a Path,
    /// `target/guests/<language>`
    folder: PathBuf,
    language: &'static str,
}

impl Guests {
    pub(crate) fn run(&self, root: &Path) -> Result<()> {
        plugins::build(root)?;
        if std::env::var_os(BINARY).is_none() {
            run(cargo(root).args(["build", "--quiet"]).args(EVERYTHING))?;
        }
        let wanted = |language: &&Language| self.only.is_empty() || self.only.iter().any(|name| name == language.name);
        for language in LANGUAGES.iter().filter(wanted) {
            let project = make(root, language, self.install)?;
            if self.check && project.folder.join("plugin.wasm").exists() {
                for command in ["check", "offer"] {
                    run(amprule().args([command, "--compile-s", "600"]).arg(&project.folder))?;
                }
            }
        }
        Ok(())
    }
}

/// Builds all that can be built, and says plainly what cannot. `amprule` is built before.
pub(crate) fn build_all(root: &Path) -> Result<()> {
    LANGUAGES.iter().try_for_each(|language| make(root, language, true).map(drop))
}

/// Only those that are built in a second.
pub(crate) fn build_small(root: &Path) -> Result<()> {
    LANGUAGES[..2].iter().try_for_each(|language| make(root, language, false).map(drop))
}

fn make<'r>(root: &'r Path, language: &Language, install: bool) -> Result<Project<'r>> {
    let folder = root.join("target/guests").join(language.name);
    let project = Project { root, folder, language: language.name };
    project.assemble().with_context(|| format!("make a project of the guest in {}", language.name))?;
    if install {
        language.install.iter().try_for_each(|command| project.fetch(command))?;
    }
    match (language.make)(&project).with_context(|| format!("build the guest in {}", language.name))? {
        Made::Component => println!("  built    {}", language.name),
        Made::ToolMissing => println!("  missing  {}", language.name),
    }
    Ok(project)
}

/// It is a crate of this workspace and was built with the plugins.
fn of_the_workspace(project: &Project<'_>) -> Result<Made> {
    let component = project.root.join("plugin-sdk/guests/rust/plugin.wasm");
    fs::copy(&component, project.folder.join("plugin.wasm"))
        .with_context(|| format!("copy {}", component.display()))?;
    Ok(Made::Component)
}

fn built(project: &Project<'_>) -> Result<Made> {
    let status = amprule().arg("build").arg(&project.folder).status().context("run amprule build")?;
    match status.code() {
        Some(0) => Ok(Made::Component),
        Some(TOOL_MISSING) => Ok(Made::ToolMissing),
        _ => bail!("amprule build ended with {status}"),
    }
}

fn amprule() -> Command {
    Command::new(std::env::var_os(BINARY).map_or_else(|| program("debug", "amprule"), PathBuf::from))
}

impl Project<'_> {
    /// The language's files with the manifest and the cases that all share, and the contract.
    fn assemble(&self) -> Result<()> {
        let guests = self.root.join("plugin-sdk/guests");
        copy(&guests.join(self.language), &self.folder)?;
        copy(&guests.join("cases"), &self.folder.join("cases"))?;
        copy(&self.root.join("plugin-sdk/wit"), &self.folder.join("wit"))?;
        describing(&self.folder.join("wit/worlds.wit"), &guests.join("describing.wit"))?;
        fs::copy(guests.join("plugin.toml"), self.folder.join("plugin.toml")).context("copy the manifest")?;
        Ok(())
    }

    fn fetch(&self, command: &[&str]) -> Result<()> {
        let (program, args) = command.split_first().context("a command has a name")?;
        run(Command::new(program).current_dir(&self.folder).args(args))
    }
}

/// Puts the offer into the world of tariffs, as a new project has it.
fn describing(worlds: &Path, exports: &Path) -> Result<()> {
    let text = |path: &Path| fs::read_to_string(path).with_context(|| format!("read {}", path.display()));
    let both = text(exports)?;
    let price = both.split_inclusive('\n').next().context("describing.wit is empty")?;
    let all = text(worlds)?.replacen(price, &both, 1);
    fs::write(worlds, all).with_context(|| format!("write {}", worlds.display()))
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
