//! Where a wire leads, as an operator writes it: `modbus-tcp://127.0.0.1:1502?unit=255`.

use std::fmt;
use std::time::Duration;

/// What an operator grants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WireAddress {
    Modbus(ModbusAddress),
}

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

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadAddress(String);

const KINDS: [&str; 2] = ["modbus-tcp", "modbus-rtu-over-tcp"];
const KEYS: [&str; 3] = ["unit", "timeout_ms", "pause_ms"];

impl WireAddress {
    /// The kind that a manifest declares of its wire.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Modbus(_) => "modbus",
        }
    }

    /// # Errors
    /// What is wrong, and how it is written.
    pub fn parse(text: &str) -> Result<Self, BadAddress> {
        let bad = |why: String| BadAddress(format!("{text:?} is no wire: {why}"));
        let (kind, rest) =
            text.split_once("://").ok_or_else(|| bad("write modbus-tcp://HOST:PORT?unit=N".to_owned()))?;
        if !KINDS.contains(&kind) {
            return Err(bad(format!("its kind is one of {}", KINDS.join(", "))));
        }
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (host, port) = host_and_port(place.trim_end_matches('/')).map_err(bad)?;
        let mut address = ModbusAddress {
            host,
            port,
            is_rtu: kind != "modbus-tcp",
            unit: if kind == "modbus-tcp" { 255 } else { 1 },
            timeout: Duration::from_secs(2),
            pause: Duration::ZERO,
        };
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            let whole = |least: u64, most: u64| {
                let number = value.parse::<u64>().ok().filter(|number| (least..=most).contains(number));
                number.ok_or_else(|| bad(format!("{key} is a whole number of {least} to {most}")))
            };
            match key {
                "unit" => address.unit = u8::try_from(whole(0, 255)?).unwrap_or(u8::MAX),
                "timeout_ms" => address.timeout = Duration::from_millis(whole(50, 4_000)?),
                "pause_ms" => address.pause = Duration::from_millis(whole(0, 5_000)?),
                _ => return Err(bad(format!("there is no {key:?}; known are {}", KEYS.join(", ")))),
            }
        }
        Ok(Self::Modbus(address))
    }
}

/// `[::1]:502` and `box.local:502`; without a port it is 502.
fn host_and_port(place: &str) -> Result<(String, u16), String> {
    let (host, port) = match place.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, rest)) => (host, rest.strip_prefix(':').unwrap_or(if rest.is_empty() { "502" } else { "" })),
        None => place.split_once(':').unwrap_or((place, "502")),
    };
    let is_host = |c: char| c.is_ascii_alphanumeric() || ".-_:%".contains(c);
    if host.is_empty() || host.len() > 253 || !host.chars().all(is_host) {
        return Err(format!("{host:?} is no host"));
    }
    let port = port.parse().ok().filter(|port| *port != 0).ok_or_else(|| format!("{port:?} is no port"))?;
    Ok((host.to_owned(), port))
}

impl fmt::Display for ModbusAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.contains(':') {
            true => write!(f, "[{}]:{}", self.host, self.port),
            false => write!(f, "{}:{}", self.host, self.port),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_or_refused_with_the_way_to_write_it() {
        let WireAddress::Modbus(read) = WireAddress::parse("modbus-tcp://10.0.0.7:1502?unit=3&pause_ms=100").unwrap();
        assert_eq!((read.host.as_str(), read.port, read.unit, read.is_rtu), ("10.0.0.7", 1_502, 3, false));
        assert_eq!((read.pause, read.timeout), (Duration::from_millis(100), Duration::from_secs(2)));
        let WireAddress::Modbus(read) = WireAddress::parse("modbus-rtu-over-tcp://[fe80::1]").unwrap();
        assert_eq!((read.to_string().as_str(), read.unit), ("[fe80::1]:502", 1));
        for (text, why) in [
            ("10.0.0.7", "write modbus-tcp://HOST:PORT?unit=N"),
            ("http://10.0.0.7", "its kind is one of modbus-tcp"),
            ("modbus-tcp://", "is no host"),
            ("modbus-tcp://user@host", "is no host"),
            ("modbus-tcp://box:0", "is no port"),
            ("modbus-tcp://box:502/../x", "is no port"),
            ("modbus-tcp://box?unit=256", "unit is a whole number of 0 to 255"),
            ("modbus-tcp://box?timeout_ms=1", "timeout_ms is a whole number of 50 to 4000"),
            ("modbus-tcp://box?unti=1", "there is no \"unti\"; known are unit"),
        ] {
            let said = WireAddress::parse(text).unwrap_err().to_string();
            assert!(said.contains(why), "{text}: {said}");
        }
    }
}
