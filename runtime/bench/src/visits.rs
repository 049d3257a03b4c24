//! Whole visits: what a server does in a second of CPU when drivers come and go, and what each visit leaves on disk.

use std::fmt;
use std::path::Path;

use anyhow::{Result, bail};

use crate::measured::{Measured, Ready};
use crate::ratio::CONNECTIONS;
use crate::traffic::{Traffic, VISIT};

#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Visits {
    pub(crate) messages_per_cpu_second: f64,
    pub(crate) messages_per_second: f64,
    pub(crate) p99_micros: f64,
    pub(crate) bytes_per_session: f64,
}

/// `data` is the server's own folder, still empty. What it holds is counted once the server has ended, so nothing waits in
/// a log.
pub(crate) fn measure(server: Measured, data: &Path, seconds: f64) -> Result<Visits> {
    let warm_up = Ready::load(&server.url, Traffic::Session, CONNECTIONS, seconds.min(1.0), "warm")?.go()?;
    let ready = Ready::load(&server.url, Traffic::Session, CONNECTIONS, seconds, "visit")?;
    let cpu_before = server.cpu_seconds()?;
    let outcome = ready.go()?;
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
        bytes_per_session: bytes(data)? as f64 / sessions,
    })
}

/// Of all files below a folder.
fn bytes(folder: &Path) -> Result<u64> {
    let mut sum = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        sum += if entry.file_type()?.is_dir() { bytes(&entry.path())? } else { entry.metadata()?.len() };
    }
    Ok(sum)
}

impl fmt::Display for Visits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { messages_per_cpu_second, messages_per_second, p99_micros, bytes_per_session } = self;
        writeln!(
            f,
            "whole visits of {VISIT} messages, flat tariff and policies in Rhai: {messages_per_cpu_second:.0} messages per CPU-second, \
             {messages_per_second:.0} per second, p99 {p99_micros:.0} µs, {bytes_per_session:.0} bytes on disk per session"
        )
    }
}
