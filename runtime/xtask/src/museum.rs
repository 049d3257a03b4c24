//! `cargo xtask museum add`: freezes the present plugins for the contract's version.
//!
//! An exhibit is never replaced: it is what an author built once, and must go on working for the whole major version.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::plugins;
use crate::run::{cargo, run};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Museum {
    /// Puts each plugin of plugins/ that is not there yet into tests/museum, with what it decides in its own cases.
    Add,
}

impl Museum {
    pub(crate) fn run(&self, root: &Path) -> Result<()> {
        match self {
            Self::Add => add(root),
        }
    }
}

fn add(root: &Path) -> Result<()> {
    plugins::build(root)?;
    let museum = root.join("tests/museum").join(version(root)?);
    let mut added = Vec::new();
    for plugin in fs::read_dir(root.join("plugins")).context("read plugins/")? {
        let plugin = plugin?.path();
        let exhibit = museum.join(plugin.file_name().context("a plugin without a name")?);
        if exhibit.exists() || !plugin.join("plugin.wasm").exists() {
            continue;
        }
        freeze(&plugin, &exhibit)?;
        added.push(exhibit);
    }
    if added.is_empty() {
        println!("every plugin is already in {}", museum.display());
        return Ok(());
    }
    // The host's own test calls each plugin and writes the answers down.
    let mut test = cargo(root);
    test.args(["test", "--quiet", "--workspace", "--test", "it", "museum"]).env("AMPRULE_MUSEUM_ADD", "1");
    run(&mut test)?;
    for exhibit in &added {
        fs::remove_dir_all(exhibit.join("cases")).context("drop the cases: the decisions hold them")?;
        ensure!(exhibit.join("decisions.json").exists(), "{} has no decisions", exhibit.display());
        println!("frozen: {}", exhibit.display());
    }
    Ok(())
}

fn freeze(plugin: &Path, exhibit: &Path) -> Result<()> {
    fs::create_dir_all(exhibit.join("cases")).with_context(|| format!("make {}", exhibit.display()))?;
    for name in ["plugin.wasm", "plugin.toml"] {
        fs::copy(plugin.join(name), exhibit.join(name)).with_context(|| format!("copy {name}"))?;
    }
    for case in fs::read_dir(plugin.join("cases")).context("a plugin without cases proves nothing")? {
        let case = case?;
        fs::copy(case.path(), exhibit.join("cases").join(case.file_name())).context("copy a case")?;
    }
    Ok(())
}

/// `package amprule:plugin@1.0.0;`
fn version(root: &Path) -> Result<String> {
    let text = fs::read_to_string(root.join("plugin-sdk/wit/worlds.wit")).context("read the contract")?;
    let line = text.lines().find_map(|line| line.strip_prefix("package amprule:plugin@")?.strip_suffix(';'));
    Ok(line.context("plugin-sdk/wit/worlds.wit does not begin with its package and version")?.to_owned())
}
