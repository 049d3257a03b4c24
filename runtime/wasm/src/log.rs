//! The capability `log`: a few short lines of a unit in the operator's log.

use std::sync::Arc;

use amprule_domain::plain;
use amprule_hooks::LogRateLimit;

use crate::v1::bindings::amprule::host::log::{Host, Level};
use crate::v1::bindings::amprule::types::types;

const MAX_LINES: u32 = 32;
const MAX_BYTES: usize = 1_024;

/// The unit that speaks, and its account over all calls.
pub(crate) struct LogSource {
    pub(crate) unit: String,
    pub(crate) talk: LogRateLimit,
}

/// What one call writes.
pub(crate) struct Log {
    speaker: Arc<LogSource>,
    lines: u32,
}

impl Log {
    pub(crate) const fn new(speaker: Arc<LogSource>) -> Self {
        Self { speaker, lines: 0 }
    }
}

/// The shared types have no functions.
impl types::Host for Log {}

impl Host for Log {
    fn write(&mut self, level: Level, message: String) {
        self.lines = self.lines.saturating_add(1);
        if self.lines > MAX_LINES {
            return;
        }
        let Some(dropped) = self.speaker.talk.allows() else { return };
        let mut line = printable(&message);
        if dropped > 0 {
            line.push_str(&format!(" ({dropped} lines before it were dropped)"));
        }
        if self.lines == MAX_LINES {
            line.push_str(" (the last line of this call; further ones are dropped)");
        }
        let unit = &*self.speaker.unit;
        match level {
            Level::Debug => tracing::debug!(target: "amprule::unit", unit, "{line}"),
            Level::Info => tracing::info!(target: "amprule::unit", unit, "{line}"),
            Level::Warn => tracing::warn!(target: "amprule::unit", unit, "{line}"),
            Level::Error => tracing::error!(target: "amprule::unit", unit, "{line}"),
        }
    }
}

/// Cut to its bound, and without what could forge a line or steer a terminal.
pub(crate) fn printable(message: &str) -> String {
    let cut = &message[..message.floor_char_boundary(MAX_BYTES)];
    let mut line = plain::line(cut).into_owned();
    if cut.len() < message.len() {
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_cannot_forge_another_one() {
        assert_eq!(printable("a\nb\u{1b}[2J"), "a\u{fffd}b\u{fffd}[2J");
        assert_eq!(printable(&"ü".repeat(2_000)).chars().count(), 513);
    }
}
