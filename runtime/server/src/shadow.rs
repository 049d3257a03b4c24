//! `amprule shadow`: how a candidate compares, as the running server counts it.

use std::process::ExitCode;

use amprule_hooks::shadow::ShadowView;
use anyhow::{Context, Result};
use clap::Args;

use crate::output::{say, say_json};
use crate::remote::Server;

#[derive(Debug, Args)]
pub(crate) struct Options {
    #[arg(value_name = "ID")]
    id: String,
    /// Print the whole report as JSON
    #[arg(long)]
    json: bool,
    /// Exit with 0 when answers changed, if some were compared and none failed
    #[arg(long)]
    allow_changes: bool,
    #[command(flatten)]
    server: Server,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let shown = options.server.get(&format!("extensions/{}/shadow", options.id))?;
    let view: ShadowView = serde_json::from_value(shown.clone()).context("read what the server counted")?;
    if options.json {
        say_json(&shown)?;
    } else {
        say(view.to_string().trim_end());
    }
    Ok(if view.is_good(options.allow_changes) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
