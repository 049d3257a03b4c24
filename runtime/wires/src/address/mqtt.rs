//! Where a broker is, how it lets us in, and what of its topics is granted.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::credentials::Credentials;
use super::{Pace, file, host_and_port, shown, unknown};
use crate::topic;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MqttAddress {
    pub broker: Broker,
    /// What all topics begin with, without a slash at its end.
    pub prefix: String,
    /// For a broker's word: to a connection, to what is published.
    pub timeout: Duration,
}

/// What is one connection: wires that differ in nothing of it share one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Broker {
    pub host: String,
    pub port: u16,
    pub is_tls: bool,
    pub credentials: Option<Credentials>,
    /// Whom TLS believes, as PEM. `None`: whom the system believes.
    pub ca: Option<PathBuf>,
    /// Our name there. Empty: the broker finds one.
    pub client: String,
}

impl MqttAddress {
    pub(super) fn parse<'a>(
        is_tls: bool,
        place: &str,
        query: impl Iterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, String> {
        let how = "write the topics that are granted behind the host: mqtt://HOST/PREFIX";
        let (authority, prefix) = place.split_once('/').ok_or(how)?;
        let prefix = prefix.trim_end_matches('/');
        if prefix.contains('@') {
            return Err("a / in the password is written as %2F, and a granted topic has no @".to_owned());
        }
        if let Some(why) = topic::complaint(prefix) {
            return Err(format!("{prefix:?} is no beginning of a topic: {why}; {how}"));
        }
        let (credentials, host) = Credentials::before_host(authority)?;
        let (host, port) = host_and_port(host, if is_tls { 8_883 } else { 1_883 })?;
        let (mut ca, mut client, mut pace) = (None, String::new(), Pace::USUAL);
        for (key, value) in query {
            match key {
                "ca" if is_tls => ca = Some(file(value)?),
                "ca" => return Err("ca is for mqtts".to_owned()),
                "client" if is_client(value) => value.clone_into(&mut client),
                "client" => return Err("client has 1 to 64 letters, digits, - and _".to_owned()),
                "timeout_ms" if pace.take(key, value)? => {}
                _ => return Err(unknown(key, &["ca", "client", "timeout_ms"])),
            }
        }
        let host = host.to_ascii_lowercase();
        let broker = Broker { host, port, is_tls, credentials, ca, client };
        Ok(Self { broker, prefix: prefix.to_owned(), timeout: pace.timeout })
    }
}

fn is_client(name: &str) -> bool {
    (1..=64).contains(&name.len()) && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
}

impl fmt::Display for Broker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&shown(&self.host, self.port))
    }
}
