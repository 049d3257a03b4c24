//! `amprule check`: the way of a changed file, without the swap.

mod written;

use std::process::ExitCode;

use amprule_hooks::codes;
use amprule_reload::check;
use anyhow::{Context, Result, ensure};

use crate::cli::Check;
use crate::compilers;
use crate::output::{say, say_json};

pub(crate) use written::Format;

pub(crate) fn run(options: &Check) -> Result<ExitCode> {
    if let Some(code) = &options.explain {
        return explain(code);
    }
    let path = &options.path;
    let report = check(path, compilers::usual(options.patience)?)?;
    ensure!(!report.units.is_empty(), "there is no script and no plugin in {}", path.display());
    match options.format {
        Format::Text => report.units.iter().for_each(say),
        Format::Json => say_json(&written::json_of(&report))?,
        Format::Sarif => say_json(&written::sarif_of(&report))?,
    }
    Ok(if report.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn explain(code: &str) -> Result<ExitCode> {
    let known = codes::explained(code).with_context(|| {
        let all: Vec<&str> = codes::CODES.iter().map(|known| known.code).collect();
        format!("there is no code {code:?}; known are {}", all.join(", "))
    })?;
    say(format_args!("{}: {}\n\n{}", known.code, known.title, known.text));
    Ok(ExitCode::SUCCESS)
}
