//! Where a box with a web interface is, and how it lets us in.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::credentials::Credentials;
use super::{Pace, file, host_and_port, shown, unknown};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpAddress {
    pub host: String,
    pub port: u16,
    pub is_tls: bool,
    /// What all paths begin with: nothing, or `/base`.
    pub base: String,
    pub credentials: Option<Credentials>,
    /// They are sent as *digest* (RFC 7616), never as *basic* (RFC 7617).
    pub is_digest: bool,
    /// Whom TLS believes, as PEM. `None`: whom the system believes.
    pub ca: Option<PathBuf>,
    /// For one answer.
    pub timeout: Duration,
    /// Between two requests: some boxes lose what comes at once.
    pub pause: Duration,
}

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
        let (credentials, host) = Credentials::before_host(authority)?;
        let (host, port) = host_and_port(host, if is_tls { 443 } else { 80 })?;
        let (mut ca, mut is_digest, mut pace) = (None, false, Pace::USUAL);
        for (key, value) in query {
            match key {
                "ca" if is_tls => ca = Some(file(value)?),
                "ca" => return Err("ca is for what goes over TLS: https and wss".to_owned()),
                "auth" if credentials.is_none() => {
                    return Err("auth is for a user and a password: write USER:PASSWORD@ before the host".to_owned());
                }
                "auth" if ["basic", "digest"].contains(&value) => is_digest = value == "digest",
                "auth" => return Err("auth is one of basic and digest".to_owned()),
                _ if pace.take(key, value)? => {}
                _ => return Err(unknown(key, &["ca", "auth", "timeout_ms", "pause_ms"])),
            }
        }
        let base = base.trim_end_matches('/').to_owned();
        Ok(Self { host, port, is_tls, base, credentials, is_digest, ca, timeout: pace.timeout, pause: pace.pause })
    }
}

impl fmt::Display for HttpAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&shown(&self.host, self.port))
    }
}
