//! The first and the last minute of a long run beside each other: what declines with time is seen there.

use std::fmt;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};

use crate::load::{MINUTE, Outcome, Stretch, has_minutes};
use crate::measured::{Measured, Ready};

#[derive(Debug, Clone, Copy)]
pub(crate) struct Minutes {
    pub(crate) first: Minute,
    pub(crate) last: Minute,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Minute {
    pub(crate) messages_per_cpu_second: f64,
    pub(crate) p99_micros: f64,
}

/// Lets the load go, and looks at the server's clock where its first minute ends and where its last one begins. A load that
/// is too short for both comes without.
pub(crate) fn watch(server: &Measured, ready: Ready, seconds: f64) -> Result<(Outcome, Option<Minutes>)> {
    if !has_minutes(seconds) {
        return Ok((ready.go()?, None));
    }
    let (begun, cpu) = (Instant::now(), server.cpu_seconds()?);
    let load = thread::spawn(move || ready.go());
    let first = cpu_at(server, &load, begun + MINUTE)? - cpu;
    let before_last = cpu_at(server, &load, begun + Duration::from_secs_f64(seconds) - MINUTE)?;
    let outcome = load.join().map_err(|_| anyhow!("the load's thread failed"))??;
    let last = server.cpu_seconds()? - before_last;
    let minutes = Minutes {
        first: Minute::of(outcome.first_minute.context("a long load tells its first minute")?, first),
        last: Minute::of(outcome.last_minute.context("a long load tells its last minute")?, last),
    };
    Ok((outcome, Some(minutes)))
}

/// A load that fails ends the waiting; what went wrong is in its answer.
fn cpu_at<T>(server: &Measured, load: &JoinHandle<T>, moment: Instant) -> Result<f64> {
    while Instant::now() < moment && !load.is_finished() {
        let left = moment.saturating_duration_since(Instant::now());
        thread::sleep(left.min(Duration::from_millis(200)));
    }
    server.cpu_seconds()
}

impl Minute {
    fn of(stretch: Stretch, cpu: f64) -> Self {
        let messages_per_cpu_second = stretch.messages as f64 / cpu;
        Self { messages_per_cpu_second, p99_micros: f64::from(stretch.p99_micros) }
    }
}

impl fmt::Display for Minutes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, minute) in [("first", self.first), ("last", self.last)] {
            let Minute { messages_per_cpu_second, p99_micros } = minute;
            writeln!(
                f,
                "  its {name} minute: {messages_per_cpu_second:.0} messages per CPU-second, p99 {p99_micros:.0} µs"
            )?;
        }
        Ok(())
    }
}
