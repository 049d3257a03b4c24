//! Where a box with registers is, and whom of a bus is meant.

use std::fmt;
use std::time::Duration;

use super::{Pace, host_and_port, shown, unknown, whole};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModbusAddress {
    pub host: String,
    pub port: u16,
    /// Frames as on a serial line, over TCP.
    pub is_rtu: bool,
    /// The follower's number on the bus; 255 is the box itself (Modbus TCP).
    pub unit: u8,
    /// For one answer.
    pub timeout: Duration,
    /// Between two requests of the bus: some boxes lose what comes at once.
    pub pause: Duration,
}

impl ModbusAddress {
    pub(super) fn parse<'a>(
        is_rtu: bool,
        place: &str,
        query: impl Iterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, String> {
        let (host, port) = host_and_port(place.trim_end_matches('/'), 502)?;
        let mut unit = if is_rtu { 1 } else { u8::MAX };
        let mut pace = Pace::USUAL;
        for (key, value) in query {
            match key {
                "unit" => unit = u8::try_from(whole(key, value, 0, 255)?).unwrap_or(u8::MAX),
                _ if pace.take(key, value)? => {}
                _ => return Err(unknown(key, &["unit", "timeout_ms", "pause_ms"])),
            }
        }
        Ok(Self { host, port, is_rtu, unit, timeout: pace.timeout, pause: pace.pause })
    }
}

impl fmt::Display for ModbusAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&shown(&self.host, self.port))
    }
}
