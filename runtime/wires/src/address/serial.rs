//! A serial line: its device, and how bits stand on it.

use std::fmt;
use std::time::Duration;

use super::whole;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SerialLine {
    /// `/dev/ttyUSB0`, or a name that does not change: `/dev/serial/by-id/…`.
    pub path: String,
    pub baud: u32,
    pub parity: Parity,
    /// Bits, 1 or 2.
    pub stop: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parity {
    None,
    Even,
    Odd,
}

impl SerialLine {
    /// `how` is an address as it is written.
    pub(super) fn at(path: &str, how: &str) -> Result<Self, String> {
        let is_path = path.starts_with('/') && !path.ends_with('/') && path.chars().all(|c| c.is_ascii_graphic());
        if !is_path || path.split('/').any(|part| part == "..") {
            return Err(format!("{path:?} is no serial line: write its device as {how}"));
        }
        Ok(Self { path: path.to_owned(), baud: 9_600, parity: Parity::None, stop: 1 })
    }

    /// False: it is another key.
    pub(super) fn take(&mut self, key: &str, value: &str) -> Result<bool, String> {
        match key {
            "baud" => self.baud = u32::try_from(whole(key, value, 300, 1_000_000)?).unwrap_or(9_600),
            "stop" => self.stop = u8::try_from(whole(key, value, 1, 2)?).unwrap_or(1),
            "parity" => {
                self.parity = match value {
                    "none" => Parity::None,
                    "even" => Parity::Even,
                    "odd" => Parity::Odd,
                    _ => return Err("parity is one of none, even and odd".to_owned()),
                }
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// The silence that ends a frame (Modbus over serial line 1.02, 2.5.1.1): 3.5 characters of 11 bits, and 1.75 ms on a fast line.
    pub(super) fn gap(&self) -> Duration {
        let characters = Duration::from_micros(38_500_000 / u64::from(self.baud));
        if self.baud > 19_200 { Duration::from_micros(1_750) } else { characters }
    }
}

/// `9600 baud, 8N1`
impl fmt::Display for SerialLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parity = match self.parity {
            Parity::None => 'N',
            Parity::Even => 'E',
            Parity::Odd => 'O',
        };
        write!(f, "{} baud, 8{parity}{}", self.baud, self.stop)
    }
}
