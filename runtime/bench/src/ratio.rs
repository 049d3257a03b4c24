//! CPU per message of the server over that of the echo, run by turns.

use std::path::Path;

use anyhow::{Result, bail};

use crate::load::Outcome;
use crate::measured::{Measured, Ready};
use crate::traffic::Traffic;

pub(crate) const CONNECTIONS: usize = 200;

/// Medians over the rounds.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ratio {
    pub(crate) micros: f64,
    pub(crate) echo_micros: f64,
    pub(crate) ratio: f64,
    pub(crate) per_second: f64,
    pub(crate) p50_micros: f64,
    pub(crate) p99_micros: f64,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Rounds {
    pub(crate) rounds: usize,
    pub(crate) seconds: f64,
}

/// One load, and what it cost.
pub(crate) struct Round {
    /// CPU of the measured process for each message.
    pub(crate) micros: f64,
    pub(crate) outcome: Outcome,
}

impl Rounds {
    /// One unmeasured round first: it warms both and tells how long the answers are.
    pub(crate) fn against_echo(self, server: &Measured, traffic: Traffic) -> Result<Ratio> {
        let warm_up = round(server, traffic, self.seconds.min(1.0), "warm")?;
        let answer_bytes = warm_up.outcome.answer_bytes.to_string();
        let echo = Measured::start(&std::env::current_exe()?, &["echo".into(), "--answer-bytes".into(), answer_bytes])?;
        round(&echo, traffic, self.seconds.min(1.0), "warm")?;
        let mut pairs = Vec::new();
        for number in 0..self.rounds {
            let prefix = format!("round{number}");
            let floor = round(&echo, traffic, self.seconds, &prefix)?;
            pairs.push((floor, round(server, traffic, self.seconds, &prefix)?));
        }
        Ok(Ratio {
            micros: median(pairs.iter().map(|(_, server)| server.micros)),
            echo_micros: median(pairs.iter().map(|(echo, _)| echo.micros)),
            ratio: median(pairs.iter().map(|(echo, server)| server.micros / echo.micros)),
            per_second: median(pairs.iter().map(|(_, server)| server.outcome.messages as f64 / server.outcome.seconds)),
            p50_micros: median(pairs.iter().map(|(_, server)| f64::from(server.outcome.p50_micros))),
            p99_micros: median(pairs.iter().map(|(_, server)| f64::from(server.outcome.p99_micros))),
        })
    }
}

fn round(measured: &Measured, traffic: Traffic, seconds: f64, prefix: &str) -> Result<Round> {
    clocked(measured, Ready::load(&measured.url, traffic, CONNECTIONS, seconds, prefix)?)
}

/// Lets a load that waits for the word go.
pub(crate) fn clocked(measured: &Measured, ready: Ready) -> Result<Round> {
    let before = measured.cpu_seconds()?;
    let outcome = ready.go()?;
    let used = measured.cpu_seconds()? - before;
    if outcome.messages == 0 {
        bail!("no message was answered");
    }
    Ok(Round { micros: used * 1e6 / outcome.messages as f64, outcome })
}

pub(crate) fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// A server on ports of its own, with nothing but the units in `folder`.
pub(crate) fn serve(amprule: &Path, folder: &Path) -> Result<Measured> {
    let mut arguments: Vec<String> =
        ["serve", "--ocpp", "127.0.0.1:0", "--api", "127.0.0.1:0"].map(str::to_owned).into();
    for name in ["data", "scripts", "plugins"] {
        std::fs::create_dir_all(folder.join(name))?;
        arguments.extend([format!("--{name}"), folder.join(name).display().to_string()]);
    }
    let configuration = folder.join("amprule.toml");
    if configuration.exists() {
        arguments.extend(["--config".to_owned(), configuration.display().to_string()]);
    }
    Measured::start(amprule, &arguments)
}
