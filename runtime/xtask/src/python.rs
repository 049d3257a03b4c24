//! The virtual environment with real OCPP clients and the official schemas, under target/.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::run::{run, succeeds};

const MISSING: &str = "python3 with its venv module is needed for the tests with real clients; \
                       install Python 3.9 or later (on Debian and Ubuntu: apt install python3 python3-venv)";

/// Makes the environment where it is missing or not what tests/clients/requirements.txt asks for.
pub(crate) fn ensure(root: &Path) -> Result<()> {
    let wanted = requirements(root);
    let text = std::fs::read_to_string(&wanted).with_context(|| format!("read {}", wanted.display()))?;
    let venv = root.join("target/venv");
    let stamp = venv.join("installed.txt");
    if std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == text) {
        println!("target/venv is up to date");
        return Ok(());
    }
    install(&venv, &wanted)?;
    std::fs::write(&stamp, text).with_context(|| format!("write {}", stamp.display()))
}

fn install(venv: &Path, wanted: &Path) -> Result<()> {
    if !succeeds(Command::new("python3").args(["-c", "import venv, ensurepip"])) {
        bail!(MISSING);
    }
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(venv)).context(MISSING)?;
    run(Command::new(venv.join("bin/python"))
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"])
        .arg(wanted))
    .context("install the real clients from PyPI; is the network there?")
}

fn requirements(root: &Path) -> PathBuf {
    root.join("tests/clients/requirements.txt")
}
