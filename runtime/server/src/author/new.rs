//! `amprule new`: a folder that checks and tests green at once.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use amprule_domain::decision::Hook;
use amprule_workbench::project::{Language, Sdk, driver_files, files};
use anyhow::{Context, Result, bail, ensure};
use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};

use crate::output::say;

#[derive(Debug, Args)]
pub(crate) struct New {
    /// The question that the unit answers, or device: a driver of hardware
    #[arg(value_enum)]
    hook: WhichHook,
    /// The unit's id and its folder's name: small letters, digits and hyphens
    #[arg(value_name = "NAME")]
    name: String,
    /// What it is written in [default: rhai, and map for a driver]
    #[arg(long, value_enum)]
    lang: Option<WhichLanguage>,
    /// The folder in which the unit's folder is made
    #[arg(long, value_name = "DIR", default_value = ".")]
    path: PathBuf,
    /// Rust: use the guest crate of this folder instead of bringing it along
    #[arg(long, value_name = "DIR")]
    sdk: Option<PathBuf>,
}

/// `None`: it drives hardware.
#[derive(Debug, Clone, Copy)]
struct WhichHook(Option<Hook>);

impl ValueEnum for WhichHook {
    fn value_variants<'a>() -> &'a [Self] {
        const ALL: &[WhichHook] = &{
            let mut all = [WhichHook(None); Hook::ALL.len() + 1];
            let mut at = 0;
            while at < Hook::ALL.len() {
                all[at] = WhichHook(Some(Hook::ALL[at]));
                at += 1;
            }
            all
        };
        ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(match self.0 {
            Some(hook) => PossibleValue::new(hook.as_str()).help(hook.question()),
            None => PossibleValue::new("device").help("A driver of hardware that speaks no OCPP"),
        })
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum WhichLanguage {
    /// A driver that is configuration alone
    Map,
    /// A script; no compiler is needed
    Rhai,
    /// A WebAssembly component, by cargo
    Rust,
    /// A WebAssembly component, by clang; small and quick
    C,
    /// A WebAssembly component with its engine in it, by componentize-js from npm
    Js,
    /// A WebAssembly component with its engine in it, by componentize-py from PyPI
    Python,
}

pub(crate) fn run(options: &New) -> Result<ExitCode> {
    let folder = options.path.join(&options.name);
    let usual = if options.hook.0.is_none() { WhichLanguage::Map } else { WhichLanguage::Rhai };
    let lang = options.lang.unwrap_or(usual);
    let (language, sdk) = match lang {
        WhichLanguage::Map => (Language::Map, Sdk::Within),
        WhichLanguage::Rhai => (Language::Rhai, Sdk::Within),
        WhichLanguage::Rust => {
            outside_workspaces(&options.path)?;
            (Language::Rust, sdk(options.sdk.as_deref())?)
        }
        WhichLanguage::C => (Language::C, Sdk::Within),
        WhichLanguage::Js => (Language::JavaScript, Sdk::Within),
        WhichLanguage::Python => (Language::Python, Sdk::Within),
    };
    let files = match options.hook.0 {
        Some(hook) => files(hook, language, &options.name, &sdk)?,
        None => driver_files(language, &options.name, &sdk)?,
    };
    ensure!(!folder.exists(), "{} exists already; choose another name, or remove it", folder.display());
    for (path, text) in &files {
        write(&folder.join(path), text)?;
    }
    say(format_args!("made {}", folder.display()));
    next_steps(lang, &folder);
    if options.hook.0.is_none() {
        let folder = folder.display();
        say(format_args!("  amprule device simulate {folder}    # what a station would say of its cases"));
        say(format_args!(
            "  amprule device try {folder} --wire main=modbus-tcp://HOST:502?unit=1    # a look at real hardware"
        ));
    }
    Ok(ExitCode::SUCCESS)
}

fn next_steps(language: WhichLanguage, folder: &Path) {
    let folder = folder.display();
    match language {
        WhichLanguage::Js => say(format_args!("  npm install --prefix {folder}")),
        WhichLanguage::Python => {
            say(format_args!("  python3 -m venv {folder}/.venv"));
            say(format_args!("  {folder}/.venv/bin/pip install -r {folder}/requirements.txt"));
        }
        WhichLanguage::Map | WhichLanguage::Rhai | WhichLanguage::Rust | WhichLanguage::C => {}
    }
    if !matches!(language, WhichLanguage::Map | WhichLanguage::Rhai) {
        say(format_args!("  amprule build {folder}    # plugin.wasm, from its sources"));
    }
    say(format_args!("  amprule dev {folder}      # check, cases and a simulated session, at every save"));
    say(format_args!("  amprule test {folder}     # cases, and properties on drawn sessions"));
}

/// The path as the project's manifest must name it from anywhere.
fn sdk(folder: Option<&Path>) -> Result<Sdk> {
    let Some(folder) = folder else { return Ok(Sdk::Within) };
    ensure!(folder.join("Cargo.toml").is_file(), "there is no guest crate in {}", folder.display());
    let folder = fs::canonicalize(folder).with_context(|| format!("find {}", folder.display()))?;
    Ok(Sdk::At(folder.display().to_string()))
}

/// A project is a workspace of its own; one inside of another's folders would be claimed by it.
fn outside_workspaces(folder: &Path) -> Result<()> {
    let folder = std::path::absolute(folder).context("find the folder")?;
    for above in folder.ancestors() {
        let manifest = above.join("Cargo.toml");
        let text = fs::read_to_string(&manifest).unwrap_or_default();
        if text.lines().any(|line| line.trim() == "[workspace]") {
            bail!(
                "{} is a cargo workspace and would claim the new folder; choose a --path outside of it",
                manifest.display()
            );
        }
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<()> {
    let folder = path.parent().context("a file lies in a folder")?;
    fs::create_dir_all(folder).with_context(|| format!("make {}", folder.display()))?;
    fs::write(path, text).with_context(|| format!("write {}", path.display()))
}
