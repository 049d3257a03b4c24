//! Where a box with registers is, and whom of a bus is meant.

use std::fmt;
use std::time::Duration;

use super::serial::SerialLine;
use super::{Pace, host_and_port, shown, unknown, whole};

/// Of a serial line (Modbus over serial line 1.02, 2.2): 0 is everybody, who answers nothing.
const LAST_FOLLOWER: u64 = 247;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModbusAddress {
    pub place: ModbusPlace,
    /// The follower's number on the bus; 255 is the box itself (Modbus TCP).
    pub unit: u8,
    /// For one answer.
    pub timeout: Duration,
    /// Between two requests of the bus: some boxes lose what comes at once.
    pub pause: Duration,
}

/// What is one bus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModbusPlace {
    Tcp {
        host: String,
        port: u16,
        /// Frames as on a serial line.
        is_rtu: bool,
    },
    Serial(SerialLine),
}

impl ModbusAddress {
    pub(super) fn over_tcp<'a>(
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
        let place = ModbusPlace::Tcp { host, port, is_rtu };
        Ok(Self { place, unit, timeout: pace.timeout, pause: pace.pause })
    }

    pub(super) fn over_serial<'a>(path: &str, query: impl Iterator<Item = (&'a str, &'a str)>) -> Result<Self, String> {
        let mut line = SerialLine::at(path, "modbus-rtu:///dev/ttyUSB0?unit=1")?;
        let (mut unit, mut pace) = (1, Pace::USUAL);
        for (key, value) in query {
            match key {
                "unit" => unit = u8::try_from(whole(key, value, 1, LAST_FOLLOWER)?).unwrap_or(1),
                _ if line.take(key, value)? || pace.take(key, value)? => {}
                _ => return Err(unknown(key, &["unit", "baud", "parity", "stop", "timeout_ms", "pause_ms"])),
            }
        }
        let pause = pace.pause.max(line.gap());
        Ok(Self { place: ModbusPlace::Serial(line), unit, timeout: pace.timeout, pause })
    }
}

impl fmt::Display for ModbusAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            ModbusPlace::Tcp { host, port, .. } => f.write_str(&shown(host, *port)),
            ModbusPlace::Serial(line) => f.write_str(&line.path),
        }
    }
}
