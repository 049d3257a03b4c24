//! Feeds: tables that are loaded from an address, on a schedule. A market's prices, a list of members.
//!
//! What an address answers becomes a table only when it is one: it is read as the unit that wants it declares it, and
//! written into the unit's folder as a whole. Everything else leaves the table as it is, and is told. From there on it is
//! a file like any other (ADR 029): nobody who prices waits for an address.

mod fetch;
mod keeper;
mod resolve;
mod table_file;
mod taken;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use amprule_hooks::tables::TableSchema;
use jiff::Timestamp;

pub use fetch::Roots;
pub use keeper::{Feeds, Now, Tell};

/// Bytes of an answer, and of a table.
pub const MAX_BYTES: u64 = 32 << 20;

/// One table, and where it comes from.
#[derive(Debug, Clone)]
pub struct Feed {
    pub unit: String,
    pub table: String,
    /// https, or http over the loopback interface. `{secret}` stands for the secret, here and in the headers.
    pub url: String,
    pub headers: BTreeMap<String, String>,
    pub secret: Option<Secret>,
    pub every: Duration,
    /// Where the list of rows is in a JSON answer: a JSON pointer (RFC 6901), `/data`.
    pub rows: String,
    /// The table's columns to what they are called there, where that is another name.
    pub columns: BTreeMap<String, String>,
    /// Rows of a table of moments that an answer does not have any more stay so long: sessions that run need them.
    pub keep: Duration,
}

/// Never shown.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    pub fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

/// Which units want tables.
pub trait Units: Send + Sync {
    /// The unit's folder, and what it declares of the table. The error says what to do.
    fn find(&self, unit: &str, table: &str) -> Result<(PathBuf, TableSchema), String>;
}

/// How a feed stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FeedStatus {
    pub tried_at: Option<Timestamp>,
    /// When its answer was last taken, or was the same as before.
    pub taken_at: Option<Timestamp>,
    /// Why the last try gave nothing.
    pub trouble: Option<String>,
}

impl Feed {
    /// For people: without what stands behind the path.
    pub fn from(&self) -> &str {
        self.url.split(['?', '#', '{']).next().unwrap_or_default()
    }

    /// What is wrong with it as it is written.
    pub fn complaint(&self) -> Option<String> {
        if !self.url.starts_with("https://") && !is_local(&self.url) {
            return Some(format!(
                "the feed of {} {} is not encrypted; its url begins with https://",
                self.unit, self.table
            ));
        }
        let wants_secret = self.url.contains(SECRET) || self.headers.values().any(|value| value.contains(SECRET));
        if wants_secret != self.secret.is_some() {
            let (unit, table) = (&self.unit, &self.table);
            return Some(format!("the feed of {unit} {table} needs both a secret_file and a place for it, {SECRET}"));
        }
        None
    }

    fn with_secret(&self, text: &str) -> String {
        self.secret.as_ref().map_or_else(|| text.to_owned(), |secret| text.replace(SECRET, &secret.0))
    }

    fn without_secret(&self, text: &str) -> String {
        match self.secret.as_ref().filter(|secret| !secret.0.is_empty()) {
            Some(secret) => text.replace(&secret.0, "…"),
            None => text.to_owned(),
        }
    }
}

/// By its host as a whole: `localhost.example.com` is another machine.
fn is_local(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("http://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

const SECRET: &str = "{secret}";
