//! `amprule test`: cases with what differs, properties with the smallest input that breaks them.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use amprule_workbench::Runs;
use amprule_workbench::test::{TestOptions, TestReport, test};
use anyhow::{Context, Result, ensure};
use clap::Args;

use super::{open, record};
use crate::compilers::Patience;
use crate::given::save_in;
use crate::output::{say, say_json};

#[derive(Debug, Args)]
pub(crate) struct Test {
    /// A unit's folder, or a single .rhai or .wasm file
    #[arg(value_name = "PATH", default_value = ".")]
    path: PathBuf,
    /// Only the cases whose name or file contains this; no properties then
    #[arg(long, value_name = "PART")]
    case: Option<String>,
    /// How many sessions or requests are drawn for the properties
    #[arg(long, value_name = "N", default_value_t = 200)]
    runs: u32,
    /// The same seed draws the same
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Keep the inputs that break properties as cases of the unit
    #[arg(long)]
    keep: bool,
    /// Make a case of a recorded decision instead of testing
    #[arg(long, value_name = "DECISION_ID")]
    record: Option<String>,
    /// The data folder of the server that recorded it
    #[arg(long, value_name = "DIR", default_value = "amprule-data")]
    data: PathBuf,
    /// That server's API, asked while it runs
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
    api: String,
    /// Print the whole report as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    patience: Patience,
}

pub(crate) fn run(options: &Test) -> Result<ExitCode> {
    if let Some(id) = &options.record {
        ensure!(options.path.is_dir(), "{} is no unit's folder", options.path.display());
        let file = record::record(id, &options.path, &options.data, &options.api)?;
        say(format_args!("recorded {}", file.display()));
        return Ok(ExitCode::SUCCESS);
    }
    let opened = open(&options.path, options.patience)?;
    let wish = TestOptions { case: options.case.clone(), runs: Runs { seed: options.seed, count: options.runs } };
    let report = test(&opened.source, opened.version.unit(), &opened.version.granted, &wish);
    if let Some(part) = &options.case {
        // A case that cannot be read has no name yet; what is wrong with it is in the report.
        let is_none = report.cases.is_empty() && report.broken.is_empty();
        ensure!(!is_none, "no case of {} contains {part:?}", report.unit);
    }
    if options.json {
        say_json(&report)?;
    } else {
        say(&report);
    }
    if options.keep {
        keep(&report, &options.path)?;
    }
    Ok(if report.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn keep(report: &TestReport, folder: &Path) -> Result<()> {
    let found = report.properties.iter().filter_map(|property| Some((property.name, property.failure.as_ref()?)));
    for (name, failure) in found {
        let file = format!("cases/found-{name}.json");
        let text = serde_json::to_string_pretty(&failure.case).context("print a case")?;
        save_in(folder, &file, (text + "\n").as_bytes())?;
        say(format_args!("kept {}", folder.join(file).display()));
    }
    Ok(())
}
