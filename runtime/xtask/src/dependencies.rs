//! Licences, sources and banned crates, by cargo-deny and `.deny.toml`.
//!
//! tests/it/tidy holds the same rules without the tool, and always runs.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::check::Outcome;
use crate::run::{cargo, run, succeeds};

pub(crate) fn check(root: &Path, full: bool) -> Result<Outcome> {
    let Some(tool) = tool(root, full)? else {
        return Ok(Outcome::Skipped(
            "cargo-deny is not installed, and the tidy tests hold the same rules; `cargo xtask test --full` builds it into target/tools".to_owned(),
        ));
    };
    run(Command::new(tool).current_dir(root).args(["check", "--hide-inclusion-graph", "bans", "licenses", "sources"]))?;
    Ok(Outcome::Passed)
}

/// One on the path, one that an earlier run built, or one that is built now.
fn tool(root: &Path, full: bool) -> Result<Option<PathBuf>> {
    let built = root.join("target/tools/bin/cargo-deny");
    if built.exists() {
        return Ok(Some(built));
    }
    if succeeds(Command::new("cargo-deny").arg("--version")) {
        return Ok(Some("cargo-deny".into()));
    }
    if !full {
        return Ok(None);
    }
    run(cargo(root).args(["install", "--quiet", "--locked", "cargo-deny", "--root", "target/tools"]))
        .context("build cargo-deny into target/tools")?;
    Ok(Some(built))
}
