//! JavaScript and Python: their engines come with the component, and their tools from npm and PyPI.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result};

use super::{Built, Workplace};
use crate::run::{run, succeeds};

pub(super) fn javascript(place: &Workplace) -> Result<Built> {
    if !succeeds(Command::new("node").arg("--version")) || !succeeds(Command::new("npm").arg("--version")) {
        return Ok(Built::Missing("node 20 or later with npm is needed".to_owned()));
    }
    let tool = place.work.join("node_modules/@bytecodealliance/componentize-js");
    if !tool.exists() {
        if !place.install {
            return Ok(not_fetched("componentize-js", "npm"));
        }
        run(Command::new("npm").current_dir(&place.work).args([
            "install",
            "--no-audit",
            "--no-fund",
            "--no-package-lock",
        ]))?;
    }
    run(Command::new("node").current_dir(&place.work).arg("build.js").arg(place.root.join("plugin-sdk/wit")))?;
    component(place)
}

pub(super) fn python(place: &Workplace) -> Result<Built> {
    if !succeeds(Command::new("python3").args(["-c", "import venv, ensurepip"])) {
        return Ok(Built::Missing("python3 with its venv module is needed".to_owned()));
    }
    let venv = place.work.join("venv");
    if !venv.join("bin/componentize-py").exists() {
        if !place.install {
            return Ok(not_fetched("componentize-py", "PyPI"));
        }
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&venv))?;
        run(Command::new(venv.join("bin/python")).current_dir(&place.work).args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--requirement",
            "requirements.txt",
        ]))?;
    }
    run(Command::new(venv.join("bin/componentize-py"))
        .current_dir(&place.work)
        .arg("--wit-path")
        .arg(place.root.join("plugin-sdk/wit"))
        .args(["--world", "pricing", "componentize", "tariff", "--output", "plugin.wasm"]))?;
    component(place)
}

fn component(place: &Workplace) -> Result<Built> {
    Ok(Built::Component(fs::read(place.work.join("plugin.wasm")).context("read the component")?))
}

fn not_fetched(tool: &str, registry: &str) -> Built {
    Built::Missing(format!("`cargo xtask guests --install` fetches {tool} from {registry}"))
}
