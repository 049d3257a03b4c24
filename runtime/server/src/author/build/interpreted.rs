//! JavaScript and Python: their engines come with the component, and their tools from npm and PyPI into the project.

use std::path::PathBuf;

use anyhow::{Context, Result};

use super::running::succeeds;
use super::{Project, missing, read};

const MADE: &str = "target/plugin.wasm";

/// `build.js` is the project's own: its author says what of the engine is left out.
pub(super) fn javascript(project: &Project<'_>) -> Result<Vec<u8>> {
    if !succeeds("node", &["--version"]) || !succeeds("npm", &["--version"]) {
        return Err(missing("node 20 or later with npm is needed", "apt install nodejs npm"));
    }
    if !project.folder.join("node_modules/@bytecodealliance/componentize-js").is_dir() {
        let install = format!("npm install --prefix {}", project.folder.display());
        return Err(missing("componentize-js is not in node_modules/", install));
    }
    project.workplace()?;
    project.running.run(project.command("node").args(["build.js", "wit", &project.world()?, MADE]))?;
    read(&project.folder.join(MADE))
}

pub(super) fn python(project: &Project<'_>) -> Result<Vec<u8>> {
    let tool = componentize_py(project)?;
    project.workplace()?;
    let mut command = project.command(tool);
    command.args(["--wit-path", "wit", "--world", &project.world()?, "componentize", "plugin", "--output", MADE]);
    project.running.run(&mut command)?;
    read(&project.folder.join(MADE))
}

/// The project's own, or one on the path.
fn componentize_py(project: &Project<'_>) -> Result<PathBuf> {
    let own = project.folder.join(".venv/bin/componentize-py");
    if own.is_file() {
        return std::path::absolute(own).context("find the project's folder");
    }
    if succeeds("componentize-py", &["--version"]) {
        return Ok("componentize-py".into());
    }
    let folder = project.folder.display();
    let install =
        format!("python3 -m venv {folder}/.venv && {folder}/.venv/bin/pip install -r {folder}/requirements.txt");
    Err(missing("componentize-py is neither in .venv/ nor on the path", install))
}
