//! Whole visits: what a server does in a second of CPU when drivers come and go, and what each visit leaves on disk.

use std::fmt;
use std::path::Path;

use anyhow::{Result, bail};
use serde_json::Value;

use crate::bed::{Bed, Ground, OPERATOR};
use crate::figures::{Figures, rounded};
use crate::measured::Ready;
use crate::minutes::{self, Minutes};
use crate::ratio::CONNECTIONS;
use crate::traffic::{self, Traffic, VISIT};

#[derive(Debug, Clone, Copy)]
pub(crate) struct Visits {
    messages_per_cpu_second: f64,
    messages_per_second: f64,
    p99_micros: f64,
    bytes_per_session: f64,
    minutes: Option<Minutes>,
}

/// What the data folder holds is counted once the server has ended, so nothing waits in a log.
pub(crate) fn measure(ground: Ground<'_>, seconds: f64) -> Result<Visits> {
    let Bed { server, api, folder } = ground.bed(&OPERATOR)?;
    (0..CONNECTIONS).try_for_each(|number| api.accept(&traffic::token(number)))?;
    let warm_up = Ready::load(&server.url, Traffic::Session, CONNECTIONS, seconds.min(1.0), "warm")?.go()?;
    let ready = Ready::load(&server.url, Traffic::Session, CONNECTIONS, seconds, "visit")?;
    let cpu_before = server.cpu_seconds()?;
    let (outcome, minutes) = minutes::watch(&server, ready, seconds)?;
    let cpu = server.cpu_seconds()? - cpu_before;
    drop(server);
    if outcome.messages == 0 {
        bail!("no message was answered");
    }
    let sessions = (warm_up.messages + outcome.messages) as f64 / f64::from(VISIT);
    Ok(Visits {
        messages_per_cpu_second: outcome.messages as f64 / cpu,
        messages_per_second: outcome.messages as f64 / outcome.seconds,
        p99_micros: f64::from(outcome.p99_micros),
        bytes_per_session: bytes(&folder.path().join("data"))? as f64 / sessions,
        minutes,
    })
}

/// Of all files below a folder, which may not be there yet. The server works there meanwhile: a file may go between two looks.
pub(crate) fn bytes(folder: &Path) -> Result<u64> {
    let mut sum = 0;
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(error.into()),
    };
    for entry in entries {
        let entry = entry?;
        sum += match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => bytes(&entry.path())?,
            Ok(metadata) => metadata.len(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => 0,
            Err(error) => return Err(error.into()),
        };
    }
    Ok(sum)
}

impl Figures for Visits {
    fn add_to(&self, json: &mut Value) {
        for (name, figure) in [
            ("visitMessagesPerCpuSecond", self.messages_per_cpu_second),
            ("visitMessagesPerSecond", self.messages_per_second),
            ("visitP99Micros", self.p99_micros),
            ("bytesPerSession", self.bytes_per_session),
        ] {
            json[name] = rounded(figure).into();
        }
        for (name, minute) in self.minutes.iter().flat_map(|minutes| [("First", minutes.first), ("Last", minutes.last)])
        {
            json[format!("visit{name}MinutePerCpuSecond")] = rounded(minute.messages_per_cpu_second).into();
            json[format!("visit{name}MinuteP99Micros")] = rounded(minute.p99_micros).into();
        }
    }
}

impl fmt::Display for Visits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { messages_per_cpu_second, messages_per_second, p99_micros, bytes_per_session, minutes } = self;
        writeln!(
            f,
            "whole visits of {VISIT} messages, flat tariff and policies in Rhai: {messages_per_cpu_second:.0} messages per CPU-second, \
             {messages_per_second:.0} per second, p99 {p99_micros:.0} µs, {bytes_per_session:.0} bytes on disk per session"
        )?;
        minutes.iter().try_for_each(|minutes| minutes.fmt(f))
    }
}
