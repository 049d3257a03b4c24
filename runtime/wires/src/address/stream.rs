//! Where messages come and go: lines over TCP or a serial line, and a WebSocket.

use std::fmt;
use std::time::Duration;

use super::credentials::Credentials;
use super::http::HttpAddress;
use super::serial::SerialLine;
use super::{Pace, host_and_port, shown, unknown};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamAddress {
    pub place: StreamPlace,
    /// For one answer.
    pub timeout: Duration,
    /// Between two messages of ours: some boxes lose what comes at once.
    pub pause: Duration,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StreamPlace {
    Tcp { host: String, port: u16, end: LineEnd },
    Serial { line: SerialLine, end: LineEnd },
    WebSocket(HttpAddress),
}

/// What stands behind each line of ours. Those of the box may end in any of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum LineEnd {
    #[default]
    Lf,
    Cr,
    CrLf,
}

impl StreamAddress {
    pub(super) fn over_tcp<'a>(place: &str, query: impl Iterator<Item = (&'a str, &'a str)>) -> Result<Self, String> {
        if place.contains('@') {
            return Err("it has no user and no password: write tcp://HOST:PORT".to_owned());
        }
        let (host, port) = host_and_port(place.trim_end_matches('/'), 23)?;
        let (mut end, mut pace) = (LineEnd::Lf, Pace::USUAL);
        for (key, value) in query {
            match key {
                _ if end.take(key, value)? || pace.take(key, value)? => {}
                _ => return Err(unknown(key, &["end", "timeout_ms", "pause_ms"])),
            }
        }
        let place = StreamPlace::Tcp { host, port, end };
        Ok(Self { place, timeout: pace.timeout, pause: pace.pause })
    }

    pub(super) fn over_serial<'a>(path: &str, query: impl Iterator<Item = (&'a str, &'a str)>) -> Result<Self, String> {
        let mut line = SerialLine::at(path, "serial:///dev/ttyUSB0?baud=115200")?;
        let (mut end, mut pace) = (LineEnd::Lf, Pace::USUAL);
        for (key, value) in query {
            match key {
                _ if end.take(key, value)? || line.take(key, value)? || pace.take(key, value)? => {}
                _ => return Err(unknown(key, &["end", "baud", "parity", "stop", "timeout_ms", "pause_ms"])),
            }
        }
        let place = StreamPlace::Serial { line, end };
        Ok(Self { place, timeout: pace.timeout, pause: pace.pause })
    }

    pub(super) fn over_websocket<'a>(
        is_tls: bool,
        place: &str,
        query: impl Iterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, String> {
        let to = HttpAddress::parse(is_tls, place, query)?;
        if to.is_digest {
            return Err("a WebSocket sends a password as basic".to_owned());
        }
        let (timeout, pause) = (to.timeout, to.pause);
        Ok(Self { place: StreamPlace::WebSocket(to), timeout, pause })
    }

    /// What is spoken to there.
    pub(crate) fn hardware(&self) -> String {
        match &self.place {
            StreamPlace::Tcp { .. } => format!("tcp {}", self.to_string().to_ascii_lowercase()),
            StreamPlace::Serial { line, .. } => format!("serial {}", line.path),
            StreamPlace::WebSocket(to) => {
                format!("websocket {} {} {} {}", to.host.to_ascii_lowercase(), to.port, to.is_tls, to.base)
            }
        }
    }

    pub(crate) const fn credentials(&self) -> Option<&Credentials> {
        match &self.place {
            StreamPlace::WebSocket(to) => to.credentials.as_ref(),
            StreamPlace::Tcp { .. } | StreamPlace::Serial { .. } => None,
        }
    }

    /// The host or the line's device alone.
    pub(super) fn host(&self) -> &str {
        match &self.place {
            StreamPlace::Tcp { host, .. } => host,
            StreamPlace::Serial { line, .. } => &line.path,
            StreamPlace::WebSocket(to) => &to.host,
        }
    }
}

impl LineEnd {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Lf => "\n",
            Self::Cr => "\r",
            Self::CrLf => "\r\n",
        }
    }

    /// False: it is another key.
    fn take(&mut self, key: &str, value: &str) -> Result<bool, String> {
        if key != "end" {
            return Ok(false);
        }
        *self = match value {
            "lf" => Self::Lf,
            "cr" => Self::Cr,
            "crlf" => Self::CrLf,
            _ => return Err("end is one of lf, cr and crlf".to_owned()),
        };
        Ok(true)
    }
}

impl fmt::Display for StreamAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            StreamPlace::Tcp { host, port, .. } => f.write_str(&shown(host, *port)),
            StreamPlace::Serial { line, .. } => f.write_str(&line.path),
            StreamPlace::WebSocket(to) => to.fmt(f),
        }
    }
}
