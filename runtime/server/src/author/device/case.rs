//! `amprule device case`: what happened once must happen again.

use std::path::PathBuf;
use std::process::ExitCode;

use amprule_devices::tape::case;
use anyhow::{Context, Result};
use clap::Args;

use super::tape_at;
use crate::output::say;

#[derive(Debug, Args)]
pub(super) struct Case {
    /// The tape
    #[arg(value_name = "TAPE")]
    tape: PathBuf,
    /// Its line
    #[arg(long, value_name = "LINE")]
    turn: usize,
}

pub(super) fn run(options: &Case) -> Result<ExitCode> {
    let turns = tape_at(&options.tape)?;
    let turn = turns.iter().find(|(line, _)| *line == options.turn).map(|(_, turn)| turn);
    let turn = turn.with_context(|| {
        let last = turns.last().map_or(0, |(line, _)| *line);
        format!("{} has no turn in line {}; its last is line {last}", options.tape.display(), options.turn)
    })?;
    let name = format!("as {} made it at {}", turn.driver, turn.at);
    let made = case(turn, &name).map_err(anyhow::Error::msg);
    let made = made.with_context(|| format!("line {} makes no case", options.turn))?;
    say(made.trim_end());
    Ok(ExitCode::SUCCESS)
}
