//! `amprule pack`: from a unit's folder to one file, after the server's own check.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use amprule_hooks::Source;
use amprule_reload::{CompileSettings, Verdict, check};
use amprule_trust::Package;
use anyhow::{Context, Result, bail, ensure};
use clap::Args;

use crate::compilers::Patience;
use crate::given::{self, Refused};
use crate::output::say;
use crate::{compilers, key};

#[derive(Debug, Args)]
pub(crate) struct Pack {
    /// A unit's folder
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// The package [default: <id>-<version>.amp]
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Sign it at once with this private key
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    #[command(flatten)]
    patience: Patience,
}

pub(crate) fn run(options: &Pack) -> Result<ExitCode> {
    ensure!(options.dir.is_dir(), "{} is not a unit's folder", options.dir.display());
    let source = given::folder(&options.dir)?;
    proven(&options.dir, &source, compilers::usual(options.patience)?)?;
    let mut package = Package::of(&source).map_err(|found| Refused::new(options.dir.display(), found))?;
    if let Some(file) = &options.key {
        package.sign(&key::read(file)?);
    }
    let out = match &options.out {
        Some(out) => out.clone(),
        None => PathBuf::from(package.file_name()),
    };
    let bytes = package.encode();
    given::save(&out, &bytes)?;
    let (contents, signed) = (&package.contents, if package.is_signed() { "signed" } else { "not signed" });
    say(format_args!(
        "packed {} {} revision {}: {} files, {} bytes, {signed}; {}",
        contents.unit,
        contents.version,
        contents.revision,
        contents.files.len(),
        bytes.len(),
        out.display()
    ));
    Ok(ExitCode::SUCCESS)
}

/// The unit compiles and its cases pass, and it is the one that was read.
pub(crate) fn proven(folder: &Path, source: &Source, equipment: CompileSettings) -> Result<()> {
    let report = check(folder, equipment)?;
    let unit = report.units.into_iter().next().context("the folder is a unit")?;
    match unit.verdict {
        Verdict::Good { hash, .. } if hash == source.hash => Ok(()),
        Verdict::Good { .. } => bail!("the files of {} changed meanwhile; try again", folder.display()),
        Verdict::Waiting(found) | Verdict::Broken(found) => Err(Refused::new(&source.manifest.id, found).into()),
    }
}
