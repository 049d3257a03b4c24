//! Where a box is that is asked with datagrams, and where it answers to.

use std::fmt;
use std::time::Duration;

use super::{Pace, host_and_port, shown, unknown, whole};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UdpAddress {
    pub host: String,
    pub port: u16,
    /// Our port, shared by all devices that have the same one: some boxes answer to one port, whoever asks. 0: any.
    pub local: u16,
    /// For one answer, with the second try.
    pub timeout: Duration,
    /// Between two datagrams to the box.
    pub pause: Duration,
}

impl UdpAddress {
    pub(super) fn parse<'a>(place: &str, query: impl Iterator<Item = (&'a str, &'a str)>) -> Result<Self, String> {
        let (host, port) = host_and_port(place, 7_090)?;
        let (mut local, mut pace) = (0, Pace { pause: Duration::from_millis(100), ..Pace::USUAL });
        for (key, value) in query {
            match key {
                "local" => local = u16::try_from(whole(key, value, 1, 65_535)?).unwrap_or_default(),
                _ if pace.take(key, value)? => {}
                _ => return Err(unknown(key, &["local", "timeout_ms", "pause_ms"])),
            }
        }
        Ok(Self { host, port, local, timeout: pace.timeout, pause: pace.pause })
    }
}

impl fmt::Display for UdpAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&shown(&self.host, self.port))
    }
}
