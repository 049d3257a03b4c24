//! `amprule dev`: at every save, check the unit, run its cases, take it into use and play a session.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use amprule_domain::decision::Hook;
use amprule_hooks::HookSettings;
use amprule_reload::{Observed, Opened, Opener};
use amprule_workbench::station::SimulatedStation;
use anyhow::{Context, Result, ensure};
use clap::Args;

use super::build::{COMPONENT, Running, compile, is_needed, is_source, save};
use super::opener;
use crate::compilers::Patience;
use crate::output::say;

#[derive(Debug, Args)]
pub(crate) struct Dev {
    /// The unit's folder
    #[arg(value_name = "PATH", default_value = ".")]
    path: PathBuf,
    #[command(flatten)]
    patience: Patience,
}

pub(crate) fn run(options: &Dev) -> Result<ExitCode> {
    ensure!(options.path.is_dir(), "{} is no folder; dev watches a unit's folder", options.path.display());
    let observed = Observed::new(&options.path);
    let (stopper, running) = (observed.stopper(), Running::default());
    let bench = Bench {
        folder: options.path.clone(),
        opener: opener(options.patience)?,
        station: SimulatedStation::new(HookSettings::default()),
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

/// All that an author's save goes through.
struct Bench {
    folder: PathBuf,
    opener: Opener,
    station: SimulatedStation,
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
        match self.opener.open(&self.folder, true) {
            Err(closed) => say(format_args!("broken   {} ({})\n{closed}", self.folder.display(), took(began))),
            Ok(opened) => self.play(opened, began, runtime),
        }
    }

    fn build(&self) -> Result<()> {
        let made = compile(&self.folder, &self.running)?;
        save(made, &self.folder).map(drop)
    }

    fn play(&self, opened: Opened, began: Instant, runtime: &tokio::runtime::Runtime) {
        let Opened { source, version, cases } = opened;
        let manifest = &source.manifest;
        let hooks: Vec<&str> = manifest.hooks.iter().map(|hook: &Hook| hook.as_str()).collect();
        let version = Arc::new(version);
        let generation = self.station.load(Arc::clone(&version), &self.folder.display().to_string());
        let played = runtime.block_on(self.station.play(&version));
        say(format_args!(
            "ok       {} {}: {}; {cases} cases passed; generation {generation} ({})\n{played}",
            manifest.id,
            manifest.version,
            hooks.join(", "),
            took(began)
        ));
    }
}

fn took(began: Instant) -> String {
    format!("{:.2} s", began.elapsed().as_secs_f64())
}
