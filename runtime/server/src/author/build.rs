//! `amprule build`: from a plugin's sources to `plugin.wasm` beside its manifest.
//!
//! Cargo makes a core module that carries its contract in a custom section; wrapping it into a component is the last
//! step. The component is replaced in one move, and only when its bytes changed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use amprule_workbench::component::component;
use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use serde_json::Value;

use crate::cli::say;

const TARGET: &str = "wasm32-unknown-unknown";
const COMPONENT: &str = "plugin.wasm";

#[derive(Debug, Args)]
pub(crate) struct Build {
    /// The plugin's folder, with a Cargo.toml
    #[arg(value_name = "PATH", default_value = ".")]
    path: PathBuf,
    /// Only turn this module, made by any compiler, into the folder's component
    #[arg(long, value_name = "FILE")]
    module: Option<PathBuf>,
}

pub(crate) fn run(options: &Build) -> Result<ExitCode> {
    let module = match &options.module {
        Some(module) => module.clone(),
        None => compile(&options.path, &Running::default())?,
    };
    let (path, size) = componentize(&module, &options.path)?;
    say(format_args!("{}: {} KiB", path.display(), size.div_ceil(1024)));
    Ok(ExitCode::SUCCESS)
}

/// Is there anything to build, or is the unit a script?
pub(super) fn is_needed(folder: &Path) -> bool {
    folder.join("Cargo.toml").is_file()
}

/// The compiler that runs, so that it can be ended with us.
#[derive(Debug, Clone, Default)]
pub(super) struct Running(Arc<Mutex<Option<Child>>>);

impl Running {
    pub(super) fn end(&self) {
        if let Some(child) = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            // It may have ended by itself.
            let _ = child.kill();
        }
    }

    fn begin(&self, child: Child) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(child);
    }

    fn take(&self) -> Option<Child> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// The module that cargo makes of the folder. Its messages go to standard error as they come.
pub(super) fn compile(folder: &Path, running: &Running) -> Result<PathBuf> {
    ensure!(is_needed(folder), "there is no Cargo.toml in {}; a script needs no building", folder.display());
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(folder).args(["build", "--quiet", "--release", "--target", TARGET]);
    cargo.args(["--message-format", "json-render-diagnostics"]).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = cargo.spawn().context("start cargo; is Rust installed?")?;
    let output = child.stdout.take().context("read cargo's output")?;
    running.begin(child);
    let told = std::io::read_to_string(output).context("read cargo's output")?;
    let status = running.take().context("cargo was ended")?.wait().context("wait for cargo")?;
    if !status.success() {
        bail!("the plugin does not compile; the messages above say why{}", missing_target());
    }
    told.lines().filter_map(module).next_back().with_context(|| {
        format!("{} makes no module; add `crate-type = [\"cdylib\"]` below [lib]", folder.join("Cargo.toml").display())
    })
}

pub(super) fn componentize(module: &Path, folder: &Path) -> Result<(PathBuf, usize)> {
    let bytes = fs::read(module).with_context(|| format!("read {}", module.display()))?;
    let bytes = component(bytes).with_context(|| format!("turn {} into a component", module.display()))?;
    let path = folder.join(COMPONENT);
    if fs::read(&path).is_ok_and(|old| old == bytes) {
        return Ok((path, bytes.len()));
    }
    let fresh = folder.join(".plugin.wasm.new");
    fs::write(&fresh, &bytes).with_context(|| format!("write {}", fresh.display()))?;
    fs::rename(&fresh, &path).with_context(|| format!("replace {}", path.display()))?;
    Ok((path, bytes.len()))
}

/// The module that a line of cargo's messages tells of.
fn module(line: &str) -> Option<PathBuf> {
    let told: Value = serde_json::from_str(line).ok()?;
    let files = told["filenames"].as_array().filter(|_| told["reason"] == "compiler-artifact")?;
    files.iter().filter_map(Value::as_str).find(|file| file.ends_with(".wasm")).map(PathBuf::from)
}

/// The usual reason on a machine that has built no plugin yet.
fn missing_target() -> String {
    let folder = Command::new("rustc").args(["--print", "target-libdir", "--target", TARGET]).output();
    let is_there = folder.is_ok_and(|output| Path::new(String::from_utf8_lossy(&output.stdout).trim()).is_dir());
    if is_there { String::new() } else { format!("\nfirst run `rustup target add {TARGET}`") }
}
