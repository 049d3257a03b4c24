//! `cargo xtask museum add`: freezes the present plugins for the contract's version.
//!
//! An exhibit is never replaced: it is what an author built once, and must go on working for the whole major version.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::plugins;
use crate::run::{cargo, run};

/// Bytes from which on a component is kept packed.
const LARGE: usize = 1 << 20;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Museum {
    /// Puts the contract, each plugin of plugins/, the curious guest, and the tariff in four languages (`cargo xtask guests
    /// --install` builds it) into tests/museum, as far as they are not there yet, with what they decide in their own cases.
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
    keep_contract(root, &museum)?;
    let mut added = Vec::new();
    for (name, plugin) in plugins_of(root)? {
        let exhibit = museum.join(name);
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
    test.args(["test", "--quiet", "--workspace", "--test", "it", "museum"])
        .env("AMPRULE_MUSEUM_ADD", "1")
        .env("RUN_SLOW", "1");
    run(&mut test)?;
    for exhibit in &added {
        fs::remove_dir_all(exhibit.join("cases")).context("drop the cases: the decisions hold them")?;
        ensure!(exhibit.join("decisions.json").exists(), "{} has no decisions", exhibit.display());
        println!("frozen: {}", exhibit.display());
    }
    Ok(())
}

/// What is frozen, by the name that it has there.
fn plugins_of(root: &Path) -> Result<Vec<(String, PathBuf)>> {
    let mut plugins = vec![("curious".to_owned(), root.join("tests/guests/curious"))];
    for plugin in fs::read_dir(root.join("plugins")).context("read plugins/")? {
        let plugin = plugin?.path();
        let name = plugin.file_name().context("a plugin without a name")?;
        plugins.push((name.to_string_lossy().into_owned(), plugin));
    }
    let guests = root.join("target/guests");
    plugins.extend(["rust", "c", "js", "python"].map(|name| (format!("idle-fee-{name}"), guests.join(name))));
    Ok(plugins)
}

/// The released interfaces: from here on they never change.
fn keep_contract(root: &Path, museum: &Path) -> Result<()> {
    let kept = museum.join("contract");
    if kept.exists() {
        return Ok(());
    }
    for package in fs::read_dir(root.join("plugin-sdk/wit/deps")).context("read the contract")? {
        let package = package?.path();
        let there = kept.join(package.file_name().context("a package without a name")?);
        fs::create_dir_all(&there).with_context(|| format!("make {}", there.display()))?;
        copy_files(&package, &there)?;
    }
    println!("frozen: {}", kept.display());
    Ok(())
}

fn copy_files(from: &Path, to: &Path) -> Result<()> {
    for file in fs::read_dir(from).with_context(|| format!("read {}", from.display()))? {
        let file = file?;
        fs::copy(file.path(), to.join(file.file_name())).context("copy a file")?;
    }
    Ok(())
}

/// Components with an engine in them are large.
fn freeze_component(from: &Path, exhibit: &Path) -> Result<()> {
    let bytes = fs::read(from).with_context(|| format!("read {}", from.display()))?;
    if bytes.len() < LARGE {
        return fs::write(exhibit.join("plugin.wasm"), bytes).context("write a component");
    }
    let packed = zstd::encode_all(bytes.as_slice(), 19).context("pack a component")?;
    fs::write(exhibit.join("plugin.wasm.zst"), packed).context("write a component")
}

fn freeze(plugin: &Path, exhibit: &Path) -> Result<()> {
    fs::create_dir_all(exhibit.join("cases")).with_context(|| format!("make {}", exhibit.display()))?;
    freeze_component(&plugin.join("plugin.wasm"), exhibit)?;
    fs::copy(plugin.join("plugin.toml"), exhibit.join("plugin.toml")).context("copy plugin.toml")?;
    copy_files(&plugin.join("cases"), &exhibit.join("cases")).context("a plugin without cases proves nothing")?;
    for tables in ["tables", "defaults"].map(|folder| plugin.join(folder)).iter().filter(|folder| folder.is_dir()) {
        let there = exhibit.join(tables.file_name().context("a folder without a name")?);
        fs::create_dir_all(&there).context("make a folder for tables")?;
        copy_files(tables, &there)?;
    }
    Ok(())
}

/// `package amprule:plugin@1.0.0;`
fn version(root: &Path) -> Result<String> {
    let text = fs::read_to_string(root.join("plugin-sdk/wit/worlds.wit")).context("read the contract")?;
    let line = text.lines().find_map(|line| line.strip_prefix("package amprule:plugin@")?.strip_suffix(';'));
    Ok(line.context("plugin-sdk/wit/worlds.wit does not begin with its package and version")?.to_owned())
}
