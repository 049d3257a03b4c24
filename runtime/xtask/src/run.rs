//! Running other programs: a line that says what runs, and an error that says what failed.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// Cargo as it runs us, so that a chosen toolchain stays chosen.
pub(crate) fn cargo(root: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root);
    command
}

/// What is built in development: always all of it. Cargo joins what the chosen packages want of their libraries, so another
/// choice would build half of the libraries once more.
pub(crate) const EVERYTHING: [&str; 2] = ["--workspace", "--all-targets"];

/// A program that cargo has built in that profile's folder: beside this one, wherever the target folder is.
pub(crate) fn program(profile: &str, name: &str) -> PathBuf {
    let ours = std::env::current_exe().unwrap_or_default();
    let target = ours.ancestors().nth(2).unwrap_or(Path::new("target"));
    target.join(profile).join(name)
}

/// Runs to the end with the terminal's own output.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let line = print(command);
    let status = command.status().with_context(|| format!("start `{line}`"))?;
    if !status.success() {
        bail!("`{line}` ended with {status}");
    }
    Ok(())
}

/// Runs quietly and says whether it could be started and ended well.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// The command as one would type it.
pub(crate) fn print(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let program_name = |word: &str| word.rsplit('/').next().map(str::to_owned).unwrap_or_default();
    words
        .map(|word| word.to_string_lossy().into_owned())
        .enumerate()
        .map(|(at, word)| if at == 0 { program_name(&word) } else { word })
        .collect::<Vec<_>>()
        .join(" ")
}
