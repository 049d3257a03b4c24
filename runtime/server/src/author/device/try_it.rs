//! `amprule device try`: one look at real hardware.

use std::process::ExitCode;
use std::sync::Arc;

use amprule_devices::look;
use amprule_domain::ports::Clock as _;
use anyhow::{Context, Result};
use clap::Args;
use serde_json::json;

use super::At;
use crate::author::open;
use crate::environment::SystemClock;
use crate::output::{say, say_json};

#[derive(Debug, Args)]
pub(super) struct Try {
    #[command(flatten)]
    at: At,
    /// For programs
    #[arg(long)]
    json: bool,
}

pub(super) fn run(options: &Try) -> Result<ExitCode> {
    let at = &options.at;
    let version = Arc::new(open(&at.path, at.patience)?.version);
    let looked = super::runtime()?.block_on(look(&version, &at.wires(&version)?, at.shall(), SystemClock.now()));
    let looked = looked.with_context(|| format!("a turn of {} came to nothing", version.manifest.id))?;
    let mut seen = match &looked.readings {
        Some(readings) => json!(readings),
        None => looked.seen.json(),
    };
    if options.json {
        (seen["missing"], seen["heldBack"]) = (json!(looked.missing), json!(looked.held_back));
        say_json(&seen)?;
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(members) = seen.as_object() {
        for (name, value) in members.iter().filter(|(_, value)| !value.is_null()) {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            say(format!("{name:12} {value}"));
        }
    }
    for missing in &looked.missing {
        say(format!("missing      {missing}"));
    }
    for held_back in &looked.held_back {
        say(format!("held back    {held_back}"));
    }
    Ok(ExitCode::SUCCESS)
}
