//! `amprule definitions` and `amprule schema`: what editors complete and check with, made from what the server checks.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};

use crate::output::{say, say_json};

#[derive(Debug, Args)]
pub(crate) struct Definitions {
    /// The folder for amprule.d.rhai; without it the definitions are printed
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Schema {
    /// Of which file
    #[arg(value_enum)]
    of: WhichSchema,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum WhichSchema {
    /// plugin.toml
    Manifest,
}

pub(crate) fn definitions(options: &Definitions) -> Result<ExitCode> {
    let text = amprule_script::definitions();
    match &options.output {
        None => say(text.trim_end()),
        Some(folder) => {
            let file = folder.join("amprule.d.rhai");
            fs::create_dir_all(folder).with_context(|| format!("make {}", folder.display()))?;
            fs::write(&file, text).with_context(|| format!("write {}", file.display()))?;
            say(format_args!("wrote {}", file.display()));
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn schema(options: &Schema) -> Result<ExitCode> {
    let WhichSchema::Manifest = options.of;
    say_json(&amprule_hooks::manifest::schema())?;
    Ok(ExitCode::SUCCESS)
}
