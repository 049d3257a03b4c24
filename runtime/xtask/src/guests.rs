//! `cargo xtask guests`: one tariff in several languages, and the plugins of `plugins/` that are written in C, as far as this
//! machine has their tools.
//!
//! Each becomes a project in target/guests, as `amprule new` makes one, and `amprule build` builds it there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::run::{EVERYTHING, cargo, program, run};
use crate::{compilers, plugins};

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

impl Made {
    fn tell(&self, what: &str) {
        match self {
            Self::Component => println!("  built    {what}"),
            Self::ToolMissing => println!("  missing  {what}"),
        }
    }
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
    /// `target/guests/<language>`, or `target/guests/plugins/<name>`
    folder: PathBuf,
    language: &'static str,
}

impl Guests {
    pub(crate) fn run(&self, root: &Path) -> Result<()> {
        plugins::build(root)?;
        if std::env::var_os(BINARY).is_none() {
            run(cargo(root).args(["build", "--quiet"]).args(EVERYTHING))?;
        }
        let wanted = |language: &str| self.only.is_empty() || self.only.iter().any(|name| name == language);
        if wanted("c") {
            plugins_in_c(root)?.iter().try_for_each(|folder| self.plugin(root, folder))?;
        }
        for language in LANGUAGES.iter().filter(|language| wanted(language.name)) {
            let project = make(root, language, self.install)?;
            if self.check && project.folder.join("plugin.wasm").exists() {
                for command in ["check", "offer"] {
                    run(amprule().args([command, "--compile-s", "600"]).arg(&project.folder))?;
                }
            }
        }
        Ok(())
    }

    fn plugin(&self, root: &Path, folder: &Path) -> Result<()> {
        match make_plugin(root, folder)? {
            Made::Component if self.check => run(amprule().arg("check").arg(folder)),
            Made::Component | Made::ToolMissing => Ok(()),
        }
    }
}

/// Builds all that can be built, and says plainly what cannot. `amprule` is built before.
pub(crate) fn build_all(root: &Path) -> Result<()> {
    LANGUAGES.iter().try_for_each(|language| make(root, language, true).map(drop))
}

/// The plugins in C: all of them, or an error that says what is missing. `amprule` is built before.
pub(crate) fn build_plugins(root: &Path) -> Result<()> {
    compilers::require(root, &mut amprule())?;
    for folder in plugins_in_c(root)? {
        let made = make_plugin(root, &folder)?;
        ensure!(
            matches!(made, Made::Component),
            "{} was not built; the message above says what is missing",
            folder.display()
        );
    }
    Ok(())
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
    let made = (language.make)(&project).with_context(|| format!("build the guest in {}", language.name))?;
    made.tell(language.name);
    Ok(project)
}

/// The folders of `plugins/` with sources in C.
fn plugins_in_c(root: &Path) -> Result<Vec<PathBuf>> {
    let plugins = root.join("plugins");
    let entries = fs::read_dir(&plugins).with_context(|| format!("read {}", plugins.display()))?;
    let mut folders: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    folders.retain(|folder| folder.join("src/plugin.c").is_file());
    folders.sort();
    Ok(folders)
}

/// Its own files with the contract, and with what there is of a C library, make the project that `amprule new` would have made. The
/// component goes back beside the manifest.
fn make_plugin(root: &Path, plugin: &Path) -> Result<Made> {
    let name = plugin.file_name().context("a plugin's folder has a name")?.to_string_lossy().into_owned();
    let project = Project { root, folder: root.join("target/guests/plugins").join(&name), language: "c" };
    project.assemble_plugin(plugin).with_context(|| format!("make a project of {}", plugin.display()))?;
    let made = built(&project).with_context(|| format!("build {}", plugin.display()))?;
    if let Made::Component = made {
        let component = project.folder.join("plugin.wasm");
        let component = fs::read(&component).with_context(|| format!("read {}", component.display()))?;
        plugins::put(&component, plugin)?;
    }
    made.tell(&name);
    Ok(made)
}

/// It is a crate of this workspace and was built with the plugins.
fn of_the_workspace(project: &Project<'_>) -> Result<Made> {
    let component = project.root.join("plugin-sdk/guests/rust/plugin.wasm");
    fs::copy(&component, project.folder.join("plugin.wasm"))
        .with_context(|| format!("copy {}", component.display()))?;
    Ok(Made::Component)
}

fn built(project: &Project<'_>) -> Result<Made> {
    let mut build = amprule();
    compilers::lend(project.root, &mut build)?;
    let status = build.arg("build").arg(&project.folder).status().context("run amprule build")?;
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

    /// What was removed from the plugin is not built once more.
    fn assemble_plugin(&self, plugin: &Path) -> Result<()> {
        if self.folder.exists() {
            fs::remove_dir_all(&self.folder).with_context(|| format!("remove {}", self.folder.display()))?;
        }
        let library = self.root.join("plugin-sdk/guests/c");
        copy(plugin, &self.folder)?;
        copy(&library.join("include"), &self.folder.join("include"))?;
        copy(&self.root.join("plugin-sdk/wit"), &self.folder.join("wit"))?;
        fs::copy(library.join("src/memory.c"), self.folder.join("src/memory.c")).context("copy memory.c")?;
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
