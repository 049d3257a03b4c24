//! The process that is measured, the load against it, and what the kernel says about both.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

use crate::load::{Load, Outcome};
use crate::traffic::{self, Traffic};

/// A child under the highest limit of open files that we may set: 5,000 connections are more than many shells allow.
fn with_files(program: &Path) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", r#"ulimit -n "$(ulimit -Hn)"; exec "$@""#, "sh"]).arg(program);
    command
}

/// Clock ticks in a second, as Linux tells every program.
const TICKS: f64 = 100.0;

pub(crate) struct Measured {
    child: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
    pub(crate) url: String,
}

impl Measured {
    /// Starts a program that prints `ocpp  ws://…` once it listens.
    pub(crate) fn start(program: &Path, arguments: &[String]) -> Result<Self> {
        let mut measured = Self::begun(program, arguments)?;
        measured.url = measured.address("ocpp")?;
        Ok(measured)
    }

    /// Starts a program that speaks no OCPP.
    pub(crate) fn begun(program: &Path, arguments: &[String]) -> Result<Self> {
        let mut command = with_files(program);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().with_context(|| format!("start {}", program.display()))?;
        let output = child.stdout.take().context("a piped output")?;
        Ok(Self { child, lines: BufReader::new(output).lines(), url: String::new() })
    }

    /// The address that the program prints behind a word.
    pub(crate) fn address(&mut self, word: &str) -> Result<String> {
        for line in self.lines.by_ref() {
            if let Some(address) = line?.strip_prefix(word) {
                return Ok(address.trim().to_owned());
            }
        }
        bail!("the measured program ended without printing its {word} address")
    }

    /// User and system time of all its threads so far.
    pub(crate) fn cpu_seconds(&self) -> Result<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        let after_name = stat.rsplit(')').next().context("a process's stat names it")?;
        let fields: Vec<&str> = after_name.split_whitespace().collect();
        let ticks: f64 = fields
            .get(11..13)
            .context("a process's stat has times")?
            .iter()
            .filter_map(|field| field.parse::<f64>().ok())
            .sum();
        Ok(ticks / TICKS)
    }

    /// Ranges of its memory, as the kernel lists them.
    pub(crate) fn mappings(&self) -> Result<i64> {
        let maps = std::fs::read_to_string(format!("/proc/{}/maps", self.child.id()))?;
        Ok(i64::try_from(maps.lines().count())?)
    }

    pub(crate) fn resident_kib(&self) -> Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).context("a living process has VmRSS")?;
        line.split_whitespace().nth(1).and_then(|word| word.parse().ok()).context("VmRSS is a number")
    }
}

impl Drop for Measured {
    fn drop(&mut self) {
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process(pid, Signal::TERM);
        }
        let _ = self.child.wait();
    }
}

/// A load process whose stations are connected and wait for the word.
pub(crate) struct Ready {
    child: Child,
    input: ChildStdin,
    lines: std::io::Lines<BufReader<ChildStdout>>,
}

impl Ready {
    pub(crate) fn load(url: &str, traffic: Traffic, connections: usize, seconds: f64, prefix: &str) -> Result<Self> {
        let (url, prefix) = (url.to_owned(), prefix.to_owned());
        let (in_flight, token, visits) = (None, None, None);
        let days_ago = traffic::DAYS_AGO;
        Self::start(&Load { url, traffic, connections, seconds, prefix, in_flight, token, visits, days_ago })
    }

    pub(crate) fn start(load: &Load) -> Result<Self> {
        let mut command = with_files(&std::env::current_exe()?);
        command.args(load.arguments()?);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().context("start the load")?;
        let input = child.stdin.take().context("a piped input")?;
        let output = child.stdout.take().context("a piped output")?;
        let mut ready = Self { child, input, lines: BufReader::new(output).lines() };
        match ready.lines.next() {
            Some(Ok(line)) if line == "ready" => Ok(ready),
            _ => bail!("the load could not connect its {} stations; its last line says why", load.connections),
        }
    }

    /// Gives the word and waits for the end.
    pub(crate) fn go(mut self) -> Result<Outcome> {
        self.input.write_all(b"go\n")?;
        let line = self.lines.next().context("the load ended without a result")??;
        Ok(serde_json::from_str(&line)?)
    }
}

impl Drop for Ready {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
