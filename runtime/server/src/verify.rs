//! `amprule verify`: would the server of this configuration take the unit in? The same function says it.

use std::path::PathBuf;
use std::process::ExitCode;

use amprule_hooks::Gate as _;
use amprule_trust::SignatureStatus;
use anyhow::Result;
use clap::Args;

use crate::gate;
use crate::given::{self, Operators, Refused};
use crate::output::say;

#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// A package or a unit's folder
    #[arg(value_name = "PACKAGE|DIR")]
    unit: PathBuf,
    /// The server's configuration, with its keys and its data folder; without it no key is known
    #[arg(long, visible_alias = "keys", value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    operators: Operators,
}

pub(crate) fn run(options: &Verify) -> Result<ExitCode> {
    let config = gate::configuration(options.config.as_deref())?;
    let guard = gate::open(&config, &gate::data(&config));
    let source = match options.unit.is_dir() {
        true => given::folder(&options.unit)?,
        false => given::source_in(&given::package(&options.unit)?, options.operators.files(&[])?, &options.unit)?,
    };
    let manifest = &source.manifest;
    guard.admit(&source).map_err(|found| Refused::new(&manifest.id, found))?;
    let status = guard.signature_status(&source).map_err(|found| Refused::new(&manifest.id, found))?;
    say(format_args!("ok  {} {} revision {}: {}", manifest.id, manifest.version, manifest.revision, said(&status)));
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn said(status: &SignatureStatus) -> String {
    match status {
        SignatureStatus::Signed(name) => format!("signed by {name}"),
        SignatureStatus::ByStranger(key) => {
            format!("rightly signed by {key}, which the configuration does not name; it counts as unsigned")
        }
        SignatureStatus::Unsigned => "not signed".to_owned(),
    }
}
