//! The log, on standard error.
//!
//! A thread of its own writes it: whoever logs never waits for a terminal or a pipe that nobody reads. Lines that find no room
//! are dropped. What others' texts bring along steers no terminal, and a line of theirs that looks like one of ours is
//! indented.

use std::io::{self, IsTerminal, Write};

use amprule_domain::plain;
use anyhow::{Context, Result};
use tracing_appender::non_blocking::{ErrorCounter, NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::config::Log;

/// Lines that wait for whoever reads the log.
const LINES: usize = 16_384;

/// Writes what is left when it is dropped.
pub(crate) struct Telemetry {
    /// Lines that found no room.
    pub(crate) dropped: ErrorCounter,
    _until_the_end: WorkerGuard,
}

/// `AMPRULE_LOG` wins over the configuration.
pub(crate) fn start(log: &Log) -> Result<Telemetry> {
    let filter = std::env::var("AMPRULE_LOG").ok().or_else(|| log.filter.clone()).unwrap_or_else(|| "info".to_owned());
    let filter =
        EnvFilter::try_new(&filter).with_context(|| format!("{filter:?} is not a log filter; try \"info\""))?;
    let colours = !log.json && io::stderr().is_terminal();
    let (lines, guard) = NonBlockingBuilder::default().buffered_lines_limit(LINES).lossy(true).finish(io::stderr());
    let dropped = lines.error_counter();
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(Plain { lines, colours });
    if log.json {
        builder.json().init();
    } else {
        builder.with_ansi(colours).with_target(false).init();
    }
    Ok(Telemetry { dropped, _until_the_end: guard })
}

/// Makes each event's text plain.
#[derive(Clone)]
struct Plain {
    lines: NonBlocking,
    colours: bool,
}

impl<'w> MakeWriter<'w> for Plain {
    type Writer = Self;

    fn make_writer(&'w self) -> Self {
        self.clone()
    }
}

impl Write for Plain {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let written = event.len();
        let text = String::from_utf8_lossy(event);
        self.lines.write_all(plainly(&text, self.colours).as_bytes())?;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.lines.flush()
    }
}

/// The first line begins with our time; those behind it are its own. The colours' escapes are ours: those of others
/// were taken out before.
fn plainly(event: &str, colours: bool) -> String {
    let event = event.strip_suffix('\n').unwrap_or(event);
    let parts = event.split('\u{1b}').map(plain::lines).collect::<Vec<_>>();
    let text = parts.join(if colours { "\u{1b}" } else { "\u{fffd}" });
    text.replace('\n', "\n    ") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_somebody_else_forges_no_line_and_steers_no_terminal() {
        let event = "2026-11-28T08:00:00Z  INFO odd vendor=A\r\u{1b}[2J\n2026-11-28T08:00:01Z  INFO all is well\n";
        let plain =
            "2026-11-28T08:00:00Z  INFO odd vendor=A\u{fffd}\u{fffd}[2J\n    2026-11-28T08:00:01Z  INFO all is well\n";
        assert_eq!(plainly(event, false), plain);
        assert_eq!(plainly("\u{1b}[32m INFO\u{1b}[0m on\n", true), "\u{1b}[32m INFO\u{1b}[0m on\n");
    }
}
