//! `amprule check`: the way of a changed file, without the swap.

use std::process::ExitCode;

use amprule_hooks::HostLimits;
use amprule_reload::check;
use anyhow::{Result, ensure};

use crate::cli::{Check, say};
use crate::compilers;

pub(crate) fn run(options: &Check) -> Result<ExitCode> {
    let report = check(&options.path, compilers::open()?, HostLimits::default())?;
    ensure!(!report.units.is_empty(), "there is no script and no plugin in {}", options.path.display());
    for unit in &report.units {
        say(unit);
    }
    Ok(if report.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
