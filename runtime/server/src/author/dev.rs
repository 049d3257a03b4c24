//! `amprule dev`: at every save, check the unit, run its cases, take it into use and play a session.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use amprule_domain::Timestamp;
use amprule_hooks::{HookSettings, Source, Version, cases};
use amprule_reload::{Observed, Opened, Opener};
use amprule_workbench::station::{SimulatedStation, Stay, Visit};
use anyhow::{Context, Result, ensure};
use clap::Args;

use super::build::{COMPONENT, Running, compile, is_needed, is_source, save};
use super::device::simulate::show;
use super::opener;
use crate::compilers::Patience;
use crate::output::say;

#[derive(Debug, Args)]
pub(crate) struct Dev {
    /// The unit's folder
    #[arg(value_name = "PATH", default_value = ".")]
    path: PathBuf,
    /// When the simulated car comes, local time: 07:30 of a Wednesday, or 2026-07-04T22:00
    #[arg(long, value_name = "TIME", default_value = "18:30", value_parser = Stay::starting)]
    from: Timestamp,
    /// How many hours it stays; it charges for two of them
    #[arg(long, value_name = "N", default_value_t = 2.5, value_parser = hours)]
    hours: f64,
    /// Where it charges and on whose card, over the usual 22 kW of a Type 2 socket in Germany: connector-type, current, power
    /// in W, phases, country, currency, attribute.NAME, group, provider, each with its value: current=DC,power=150000
    #[arg(long, value_name = "WORD=VALUE,…", value_parser = Visit::parse)]
    station: Option<Visit>,
    /// Show what the unit answers in the cases whose name contains this, too
    #[arg(long, value_name = "PART")]
    case: Option<String>,
    #[command(flatten)]
    patience: Patience,
}

/// A quarter of an hour to a week.
fn hours(text: &str) -> Result<f64, String> {
    let hours = text.parse::<f64>().ok().filter(|hours| (0.25..=168.0).contains(hours));
    hours.ok_or_else(|| "hours are 0.25 to 168".to_owned())
}

pub(crate) fn run(options: &Dev) -> Result<ExitCode> {
    ensure!(options.path.is_dir(), "{} is no folder; dev watches a unit's folder", options.path.display());
    let observed = Observed::new(&options.path);
    let (stopper, running) = (observed.stopper(), Running::default());
    let bench = Bench {
        folder: options.path.clone(),
        opener: opener(options.patience)?,
        station: SimulatedStation::new(
            HookSettings::default(),
            options.stay(),
            options.station.clone().unwrap_or_default(),
        ),
        case: options.case.clone(),
        running: running.clone(),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.context("start the runtime")?;
    runtime.spawn(async move {
        if crate::serve::interrupted().await.is_ok() {
            running.end();
            stopper.stop();
        }
    });
    bench.work(observed, &runtime);
    Ok(ExitCode::SUCCESS)
}

impl Dev {
    #[expect(clippy::cast_possible_truncation, reason = "a week has 10,080 minutes")]
    fn stay(&self) -> Stay {
        Stay { from: self.from, minutes: (self.hours * 60.0).round() as i64 }
    }
}

/// All that an author's save goes through.
struct Bench {
    folder: PathBuf,
    opener: Opener,
    station: SimulatedStation,
    case: Option<String>,
    running: Running,
}

impl Bench {
    /// Until somebody interrupts it. A broken unit is a verdict, not an end.
    fn work(&self, mut observed: Observed, runtime: &tokio::runtime::Runtime) {
        let mut saved = (true, Instant::now());
        loop {
            self.look(saved.0, saved.1, runtime);
            observed.forget_changes_of(&self.folder.join(COMPONENT));
            say(format_args!("watching {}; Ctrl-C ends it\n", self.folder.display()));
            match observed.wait() {
                None => return,
                Some((changed, began)) => saved = (changed.iter().any(|path| is_source(&self.folder, path)), began),
            }
        }
    }

    /// One save: from its first sign to the verdict.
    fn look(&self, sources: bool, began: Instant, runtime: &tokio::runtime::Runtime) {
        if sources && is_needed(&self.folder) {
            say("building …");
            if let Err(error) = self.build() {
                return say(format_args!("broken   {error:#} ({})", took(began)));
            }
        }
        match self.opener.open(&self.folder, false) {
            Err(closed) => say(format_args!("broken   {} ({})\n{closed}", self.folder.display(), took(began))),
            Ok(opened) => self.play(opened, began, runtime),
        }
    }

    fn build(&self) -> Result<()> {
        let made = compile(&self.folder, &self.running)?;
        save(made, &self.folder).map(drop)
    }

    fn play(&self, opened: Opened, began: Instant, runtime: &tokio::runtime::Runtime) {
        let Opened { source, version, warnings, .. } = opened;
        let ran = cases::run(&source, version.unit(), &version.granted);
        let manifest = &source.manifest;
        let hooks = manifest.hook_words();
        let version = Arc::new(version);
        let generation = self.station.load(Arc::clone(&version), &self.folder.display().to_string());
        let played = runtime.block_on(self.station.play(&version));
        let name = format!("{} {}: {}", manifest.id, manifest.version, hooks.join(", "));
        match &ran.failed[..] {
            [] => say(format_args!(
                "ok       {name}; {} cases passed; generation {generation} ({})\n{played}",
                ran.passed,
                took(began)
            )),
            failed => {
                // A server would not take it; the author wants to see what it does nevertheless.
                say(format_args!("broken   {name}; {} cases passed ({})", ran.passed, took(began)));
                for diagnostic in failed {
                    say(diagnostic);
                }
                say(format_args!("what it answers nevertheless:\n{played}"));
            }
        }
        if manifest.drives
            && let Err(why) = show(&source, &version, &[])
        {
            say(format_args!("nothing is simulated: {why:#}"));
        }
        for warning in &warnings {
            say(warning);
        }
        if let Some(part) = &self.case {
            show_cases(part, &source, &version);
        }
    }
}

/// As the unit answers them.
fn show_cases(part: &str, source: &Source, version: &Version) {
    let (cases, _) = cases::ready(source);
    let wanted: Vec<_> = cases.iter().filter(|case| case.name.contains(part)).collect();
    if wanted.is_empty() {
        say(format_args!("no case of {} contains {part:?}", source.manifest.id));
    }
    for case in wanted {
        let ran = case.run(version.unit(), &version.granted);
        say(format_args!("case  {}\n{:#}", case.name, ran.got));
    }
}

fn took(began: Instant) -> String {
    format!("{:.2} s", began.elapsed().as_secs_f64())
}
