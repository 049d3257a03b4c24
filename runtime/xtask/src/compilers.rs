//! The compiler for C: clang and wasm-ld as the system has them, or those that the package ziglang brings into target/venv.
//!
//! `amprule build` looks for both on the path and knows nothing of where they come from. What stands in for them are two scripts in
//! target/compilers.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::run::succeeds;

const MISSING: &str = "clang and wasm-ld are needed for plugins in C; install them (on Debian and Ubuntu: apt install clang lld), or let \
                       `cargo xtask test` put the package ziglang, which has both, into target/venv";

/// The command finds a compiler for C, or there is an error that says what to install.
pub(crate) fn require(root: &Path, command: &mut Command) -> Result<()> {
    if !lend(root, command)? {
        bail!(MISSING);
    }
    Ok(())
}

/// The command finds a compiler for C if there is one. False: there is none.
pub(crate) fn lend(root: &Path, command: &mut Command) -> Result<bool> {
    if is_on_the_path() {
        return Ok(true);
    }
    let Some(package) = ziglang(root) else { return Ok(false) };
    let folder = stand_ins(root, &package)?;
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(folder).chain(std::env::split_paths(&path));
    command.env("PATH", std::env::join_paths(folders).context("put target/compilers in front of the path")?);
    Ok(true)
}

/// A clang may have been built without WebAssembly: the one of macOS is.
fn is_on_the_path() -> bool {
    let targets = Command::new("clang").args(["--target=wasm32", "--print-targets"]).output();
    let knows_wasm = targets.is_ok_and(|said| String::from_utf8_lossy(&said.stdout).contains("wasm32"));
    knows_wasm && succeeds(Command::new("wasm-ld").arg("--version"))
}

/// Where its program and the headers of its clang are.
fn ziglang(root: &Path) -> Option<PathBuf> {
    let python = root.join("target/venv/bin/python");
    let output = Command::new(python).args(["-c", "import ziglang; print(ziglang.__path__[0])"]).output().ok()?;
    let package = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    package.join("zig").is_file().then_some(package)
}

/// Its clang does not know by itself where the headers of a compiler are: stdint.h, stdbool.h and stddef.h.
fn stand_ins(root: &Path, package: &Path) -> Result<PathBuf> {
    let folder = root.join("target/compilers");
    fs::create_dir_all(&folder).with_context(|| format!("make {}", folder.display()))?;
    let (zig, headers) = (quoted(&package.join("zig")), quoted(&package.join("lib")));
    save(&folder.join("clang"), &format!("#!/bin/sh\nexec {zig} clang -resource-dir {headers} \"$@\"\n"))?;
    save(&folder.join("wasm-ld"), &format!("#!/bin/sh\nexec {zig} wasm-ld \"$@\"\n"))?;
    Ok(folder)
}

/// A script that is there already is left alone: somebody may be running it.
fn save(script: &Path, text: &str) -> Result<()> {
    if fs::read_to_string(script).is_ok_and(|old| old == text) {
        return Ok(());
    }
    fs::write(script, text).with_context(|| format!("write {}", script.display()))?;
    fs::set_permissions(script, fs::Permissions::from_mode(0o755))
        .with_context(|| format!("make {} a program", script.display()))
}

/// For the shell.
fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', r"'\''"))
}
