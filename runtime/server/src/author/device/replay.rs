//! `amprule device replay`: what a driver would make of a tape.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use amprule_devices::tape::{Differing, replay};
use anyhow::{Context, Result};
use clap::Args;

use super::{tape_at, wanted};
use crate::author::open;
use crate::compilers::Patience;
use crate::output::say;

#[derive(Debug, Args)]
pub(super) struct Replay {
    /// A driver's folder
    #[arg(value_name = "PATH")]
    path: PathBuf,
    /// The tape: of `amprule device record`, or of a running server's `amprule devices ID --tape FILE`
    #[arg(value_name = "TAPE")]
    tape: PathBuf,
    #[command(flatten)]
    patience: Patience,
}

pub(super) fn run(options: &Replay) -> Result<ExitCode> {
    let version = Arc::new(open(&options.path, options.patience)?.version);
    let turns = tape_at(&options.tape)?;
    let manifest = &version.manifest;
    let differing = replay(&version, &turns).with_context(|| format!("ask {}", manifest.id))?;
    let mut last: Option<(usize, &[String])> = None;
    for turn in &differing {
        // As the turn before: said once.
        let is_same = last.is_some_and(|(line, what)| line + 1 == turn.line && what == turn.what);
        show(turn, is_same);
        last = Some((turn.line, &turn.what));
    }
    let name = format!("{} {}", manifest.id, manifest.version);
    match differing.len() {
        0 => say(format_args!("{name} makes all {} turns as the tape has them", turns.len())),
        differing => say(format_args!("{name} makes {differing} of {} turns otherwise", turns.len())),
    }
    Ok(if differing.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn show(turn: &Differing, is_same: bool) {
    let line = turn.line;
    if is_same {
        return say(format_args!("line {line}: as the turn before"));
    }
    say(format_args!("line {line}: {}, {}", turn.at, wanted(turn.shall)));
    for what in &turn.what {
        say(format_args!("  {what}"));
    }
}
