//! Where a box with a web interface is, and how it lets us in.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;

use super::{Pace, file, host_and_port, shown, unknown};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpAddress {
    pub host: String,
    pub port: u16,
    pub is_tls: bool,
    /// What all paths begin with: nothing, or `/base`.
    pub base: String,
    pub credentials: Option<Credentials>,
    /// Whom TLS believes, as PEM. `None`: whom the system believes.
    pub ca: Option<PathBuf>,
    /// For one answer.
    pub timeout: Duration,
    /// Between two requests: some boxes lose what comes at once.
    pub pause: Duration,
}

/// A user and a password (RFC 7617). Never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials(String);

impl HttpAddress {
    pub(super) fn parse<'a>(
        is_tls: bool,
        place: &str,
        query: impl Iterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, String> {
        if !place.chars().all(|c| c.is_ascii_graphic()) {
            return Err("a blank or another letter must be written as %20".to_owned());
        }
        let (authority, base) = place.split_at(place.find('/').unwrap_or(place.len()));
        let (credentials, host) = match authority.rsplit_once('@') {
            Some((credentials, host)) => (Some(Credentials(plain(credentials)?)), host),
            None => (None, authority),
        };
        let (host, port) = host_and_port(host, if is_tls { 443 } else { 80 })?;
        let (mut ca, mut pace) = (None, Pace::USUAL);
        for (key, value) in query {
            match key {
                "ca" if is_tls => ca = Some(file(value)?),
                "ca" => return Err("ca is for https".to_owned()),
                _ if pace.take(key, value)? => {}
                _ => return Err(unknown(key, &["ca", "timeout_ms", "pause_ms"])),
            }
        }
        let base = base.trim_end_matches('/').to_owned();
        Ok(Self { host, port, is_tls, base, credentials, ca, timeout: pace.timeout, pause: pace.pause })
    }
}

/// With what is written as %3A.
fn plain(text: &str) -> Result<String, String> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, more @ ..] = rest {
        rest = more;
        bytes.push(match (first, more) {
            (b'%', [high, low, more @ ..]) => {
                rest = more;
                let digit = |digit: &u8| char::from(*digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
                let pair = digit(high).zip(digit(low)).map(|(high, low)| high << 4 | low);
                pair.ok_or_else(|| "a % in the password is written as %25".to_owned())?
            }
            _ => *first,
        });
    }
    String::from_utf8(bytes).map_err(|_| "the password is no UTF-8".to_owned())
}

impl Credentials {
    pub(crate) fn header(&self) -> HeaderValue {
        let mut header = HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(&self.0)))
            .unwrap_or_else(|_| HeaderValue::from_static("Basic"));
        header.set_sensitive(true);
        header
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials")
    }
}

impl fmt::Display for HttpAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&shown(&self.host, self.port))
    }
}
