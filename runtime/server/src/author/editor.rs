//! `amprule definitions` and `amprule schema`: what editors complete and check with, made from what the server checks.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use amprule_hooks::{Manifest, cases, manifest};
use amprule_reload::manifest_at;
use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use serde_json::Value;

use crate::given::save_in;
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
    /// Of which unit: its folder, or its single file; needed for parameters and tables
    #[arg(value_name = "PATH")]
    unit: Option<PathBuf>,
    /// Which table, where the unit has several
    #[arg(long, value_name = "NAME")]
    table: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum WhichSchema {
    /// plugin.toml
    Manifest,
    /// device.toml, of a driver that is configuration alone
    Device,
    /// cases/*.json and cases/*.toml; with a unit, of that unit's
    Case,
    /// The unit's parameters.toml
    Parameters,
    /// The unit's tables/NAME.json
    Table,
}

pub(crate) fn definitions(options: &Definitions) -> Result<ExitCode> {
    let text = amprule_script::definitions();
    match &options.output {
        None => say(text.trim_end()),
        Some(folder) => {
            fs::create_dir_all(folder).with_context(|| format!("make {}", folder.display()))?;
            save_in(folder, "amprule.d.rhai", text.as_bytes())?;
            say(format_args!("wrote {}", folder.join("amprule.d.rhai").display()));
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn schema(options: &Schema) -> Result<ExitCode> {
    let unit = options.unit.as_deref().map(manifest_at).transpose()?;
    let needed =
        || unit.as_ref().context("of which unit? Name its folder: amprule schema parameters scripts/flat-tariff");
    say_json(&match options.of {
        WhichSchema::Manifest => manifest::schema(),
        WhichSchema::Device => amprule_devices::map_schema(),
        WhichSchema::Case => cases::schema(unit.as_ref()),
        WhichSchema::Parameters => manifest::schema_of_parameters(needed()?),
        WhichSchema::Table => of_table(needed()?, options.table.as_deref())?,
    })?;
    Ok(ExitCode::SUCCESS)
}

fn of_table(unit: &Manifest, name: Option<&str>) -> Result<Value> {
    let known = unit.tables.keys().map(String::as_str).collect::<Vec<_>>();
    let name = match (name, &known[..]) {
        (Some(name), _) | (None, &[name]) => name,
        (None, []) => bail!("{} declares no tables in plugin.toml", unit.id),
        (None, _) => bail!("{} has several tables: say --table with one of {}", unit.id, known.join(", ")),
    };
    manifest::schema_of_table(unit, name)
        .with_context(|| format!("{} declares no table {name}; known are: {}", unit.id, known.join(", ")))
}
