//! `amprule device simulate`: a driver's cases as a day of its device.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use amprule_devices::{Played, Scene, TOKEN, simulate};
use amprule_domain::Timestamp;
use amprule_hooks::{Source, Version, cases};
use amprule_reload::Opened;
use anyhow::{Context, Result, ensure};
use clap::Args;

use crate::author::open;
use crate::compilers::Patience;
use crate::output::say;

#[derive(Debug, Args)]
pub(super) struct Simulate {
    /// A driver's folder
    #[arg(value_name = "PATH", default_value = ".")]
    path: PathBuf,
    /// Only the cases whose name contains this, in the order in which they are named; may be given more than once
    #[arg(long, value_name = "PART")]
    case: Vec<String>,
    #[command(flatten)]
    patience: Patience,
}

pub(super) fn run(options: &Simulate) -> Result<ExitCode> {
    let Opened { source, version, .. } = open(&options.path, options.patience)?;
    cases::ready(&source).1.iter().for_each(say);
    let is_good = show(&source, &Arc::new(version), &options.case)?;
    Ok(if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// True: no case is broken, and the driver failed in none.
pub(in crate::author) fn show(source: &Source, version: &Arc<Version>, wanted: &[String]) -> Result<bool> {
    let name = &source.manifest.id;
    let (cases, broken) = cases::ready(source);
    let scenes = scenes(&cases, wanted)?;
    ensure!(!scenes.is_empty(), "{name} has no case of a device: cases/*.toml say what it shows");
    say(format_args!("{name}: a car charges on {TOKEN}, and whoever shows a card may charge"));
    let played = simulate(version, &scenes, Timestamp::UNIX_EPOCH).with_context(|| format!("ask {name}"))?;
    for Played { name, lines, .. } in &played {
        say(format_args!("\n{name}"));
        lines.iter().for_each(|line| say(format_args!("  {line}")));
    }
    Ok(broken.is_empty() && !played.iter().any(|played| played.is_failed))
}

fn scenes<'c>(cases: &'c [cases::Ready], wanted: &[String]) -> Result<Vec<Scene<'c>>> {
    let all = || cases.iter().filter_map(scene);
    if wanted.is_empty() {
        return Ok(all().collect());
    }
    let mut scenes = Vec::new();
    for part in wanted {
        let before = scenes.len();
        scenes.extend(all().filter(|scene| scene.name.contains(part.as_str())));
        ensure!(scenes.len() > before, "no case contains {part:?}");
    }
    Ok(scenes)
}

fn scene(case: &cases::Ready) -> Option<Scene<'_>> {
    Some(Scene { name: &case.name, hardware: Box::new(case.question.turn()?.hardware()) })
}
