//! Rust: cargo makes a core module that carries its contract in a custom section.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use super::{Project, missing, read};

const TARGET: &str = "wasm32-unknown-unknown";

pub(super) fn compile(project: &Project<'_>) -> Result<Vec<u8>> {
    if !has_target(project) {
        return Err(missing(format!("Rust lacks the target {TARGET}"), format!("rustup target add {TARGET}")));
    }
    let mut cargo = project.command(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--quiet", "--release", "--target", TARGET]);
    cargo.args(["--message-format", "json-render-diagnostics"]);
    let told = project.running.run(&mut cargo)?;
    let module = told.lines().filter_map(module).next_back().with_context(|| {
        let manifest = project.folder.join("Cargo.toml");
        format!("{} makes no module; add `crate-type = [\"cdylib\"]` below [lib]", manifest.display())
    })?;
    read(&module)
}

/// The module that a line of cargo's messages tells of.
fn module(line: &str) -> Option<PathBuf> {
    let told: Value = serde_json::from_str(line).ok()?;
    let files = told["filenames"].as_array().filter(|_| told["reason"] == "compiler-artifact")?;
    files.iter().filter_map(Value::as_str).find(|file| file.ends_with(".wasm")).map(PathBuf::from)
}

/// The target's standard library, however Rust was installed. A rustc that cannot be asked is for cargo to complain of.
fn has_target(project: &Project<'_>) -> bool {
    let mut rustc: Command = project.command("rustc");
    let output = rustc.args(["--print", "target-libdir", "--target", TARGET]).output();
    let folder = output.ok().filter(|output| output.status.success()).map(|output| output.stdout);
    folder.is_none_or(|folder| Path::new(String::from_utf8_lossy(&folder).trim()).is_dir())
}
