//! What a guest prints, cut into lines for the log.

use crate::log::Log;
use crate::v1::bindings::amprule::host::log::{Host, Level};

/// A longer line is said in parts.
const MOST_BYTES: usize = 1_024;

pub(super) struct Printed {
    speaks: bool,
    out: Vec<u8>,
    err: Vec<u8>,
}

impl Printed {
    pub(super) fn new(speaks: bool) -> Self {
        Self { speaks, out: Vec::new(), err: Vec::new() }
    }

    /// Takes what a unit without the capability prints as well, and forgets it.
    pub(super) fn print(&mut self, log: &mut Log, is_error: bool, bytes: &[u8]) {
        if !self.speaks {
            return;
        }
        let (line, level) = if is_error { (&mut self.err, Level::Warn) } else { (&mut self.out, Level::Info) };
        for &byte in bytes {
            if byte != b'\n' {
                line.push(byte);
            }
            if byte == b'\n' || line.len() >= MOST_BYTES {
                log.write(level, String::from_utf8_lossy(line).into_owned());
                line.clear();
            }
        }
    }

    pub(super) fn end(&mut self, log: &mut Log) {
        for (line, level) in [(&mut self.out, Level::Info), (&mut self.err, Level::Warn)] {
            if !line.is_empty() {
                log.write(level, String::from_utf8_lossy(line).into_owned());
                line.clear();
            }
        }
    }
}
