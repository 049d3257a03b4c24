//! `amprule bench`: how long a unit takes, and how much of its limits.

use std::path::PathBuf;
use std::process::ExitCode;

use amprule_workbench::bench::bench;
use anyhow::Result;
use clap::Args;

use super::open;
use crate::compilers::Patience;
use crate::output::{say, say_json};

#[derive(Debug, Args)]
pub(crate) struct Bench {
    /// A unit's folder, or a single .rhai or .wasm file
    #[arg(value_name = "PATH", default_value = ".")]
    path: PathBuf,
    /// Print the measurements as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    patience: Patience,
}

pub(crate) fn run(options: &Bench) -> Result<ExitCode> {
    let opened = open(&options.path, options.patience)?;
    let report = bench(&opened.source, opened.version.unit(), &opened.version.granted);
    if options.json {
        say_json(&report)?;
    } else {
        say(&report);
    }
    let failed = report.rows.iter().any(|row| row.fault.is_some());
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
