//! `amprule device record`: a tape of real hardware.

use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use amprule_devices::Recording;
use amprule_devices::tape::{self, Turn};
use amprule_domain::ports::Clock as _;
use amprule_hooks::driver::Shall;
use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use tokio::time::{Instant, sleep, sleep_until};

use super::{At, wanted};
use crate::author::open;
use crate::environment::SystemClock;
use crate::output::say;

/// To switch off at the end.
const LAST_TURNS: u32 = 3;
const BETWEEN: Duration = Duration::from_secs(2);

#[derive(Debug, Args)]
pub(super) struct Record {
    #[command(flatten)]
    at: At,
    /// How long
    #[arg(long = "for", value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    seconds: u64,
    /// The tape: a new file
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Switch the hardware as the driver says, and off at the end
    #[arg(long)]
    switch: bool,
}

pub(super) fn run(options: &Record) -> Result<ExitCode> {
    let at = &options.at;
    let version = Arc::new(open(&at.path, at.patience)?.version);
    let name = version.manifest.id.clone();
    let wires = at.wires(&version)?;
    let recording = Recording::open(version, &wires, options.switch).with_context(|| format!("open {name}"))?;
    let file = File::create_new(&options.out);
    let file = file.with_context(|| format!("{} is to be a new file, and cannot be made", options.out.display()))?;
    say(match options.switch {
        true => format!("{name} switches the hardware {} for {} s, and off then", wanted(at.shall()), options.seconds),
        false => format!("{name} reads the hardware for {} s; what it writes is held back", options.seconds),
    });
    let tape = Tape { file, bytes: 0, turns: 0, failed: 0, last_fault: None };
    super::runtime()?.block_on(record(recording, tape, options))
}

/// Also when somebody interrupts it, what was switched on is switched off.
async fn record(mut recording: Recording, mut tape: Tape, options: &Record) -> Result<ExitCode> {
    let recorded = turns(&mut recording, &mut tape, options).await;
    if options.switch {
        switch_off(&mut recording, &mut tape, options.at.shall()).await?;
        say("the hardware is switched off");
    }
    recorded?;
    let Tape { turns, failed, last_fault, .. } = tape;
    let why = last_fault.map(|why| format!("; the last because {why}")).unwrap_or_default();
    say(format_args!("{turns} turns in {}, {failed} of them came to nothing{why}", options.out.display()));
    Ok(ExitCode::SUCCESS)
}

async fn turns(recording: &mut Recording, tape: &mut Tape, options: &Record) -> Result<()> {
    let end = Instant::now() + Duration::from_secs(options.seconds);
    let mut interrupted = std::pin::pin!(crate::serve::interrupted());
    let mut next = Instant::now();
    loop {
        tokio::select! {
            biased;
            interrupted = &mut interrupted => return interrupted,
            () = sleep_until(end) => return Ok(()),
            () = sleep_until(next) => {}
        }
        next = Instant::now() + recording.every();
        tape.write(&recording.turn(options.at.shall(), SystemClock.now()).await?)?;
    }
}

async fn switch_off(recording: &mut Recording, tape: &mut Tape, shall: Shall) -> Result<()> {
    let off = Shall { be_on: false, ..shall };
    let mut tries = 1;
    loop {
        let why = match recording.turn(off, SystemClock.now()).await {
            Ok(turn) => {
                // It is switched off though the disk is full.
                let _ = tape.write(&turn);
                // Seen is not switched off.
                turn.fault.or_else(|| recording.trouble())
            }
            Err(fault) => Some(fault.message),
        };
        match why {
            None => return Ok(()),
            Some(_) if tries < LAST_TURNS => sleep(BETWEEN).await,
            Some(why) => bail!("the hardware could not be switched off: {why}; switch it off by hand"),
        }
        tries += 1;
    }
}

struct Tape {
    file: File,
    bytes: u64,
    turns: u32,
    failed: u32,
    last_fault: Option<String>,
}

impl Tape {
    /// Each turn is in the file once it is over.
    fn write(&mut self, turn: &Turn) -> Result<()> {
        let line = turn.line() + "\n";
        self.bytes += line.len() as u64;
        let most = tape::MOST_BYTES;
        ensure!(self.bytes <= most, "the tape is full: it has {} MiB, and no more are read", most >> 20);
        self.file.write_all(line.as_bytes()).context("write the tape")?;
        self.turns += 1;
        if let Some(fault) = &turn.fault {
            self.failed += 1;
            self.last_fault = Some(fault.clone());
        }
        Ok(())
    }
}
