//! `[[feeds]]`: one that cannot work is refused before anything starts.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use amprule_feeds::{Feed as Fed, Secret};
use anyhow::{Context as _, Result};
use serde::de::Error;
use serde::{Deserialize, Deserializer};

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Feed {
    unit: String,
    table: String,
    url: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    secret_file: Option<PathBuf>,
    #[serde(default = "Feed::every_s")]
    every_s: u64,
    #[serde(default)]
    rows: String,
    #[serde(default)]
    columns: BTreeMap<String, String>,
    #[serde(default = "Feed::keep_days")]
    keep_days: u64,
}

impl Feed {
    const fn every_s() -> u64 {
        3_600
    }

    const fn keep_days() -> u64 {
        7
    }

    /// With its secret.
    pub(crate) fn fed(&self) -> Result<Fed> {
        let read = |file: &PathBuf| {
            let text = std::fs::read_to_string(file);
            text.with_context(|| format!("read the secret {} of the feed of {}", file.display(), self.unit))
        };
        let secret = self.secret_file.as_ref().map(read).transpose()?;
        Ok(self.with(secret.map(|secret| Secret::new(secret.trim()))))
    }

    fn with(&self, secret: Option<Secret>) -> Fed {
        Fed {
            unit: self.unit.clone(),
            table: self.table.clone(),
            url: self.url.clone(),
            headers: self.headers.clone(),
            secret,
            every: Duration::from_secs(self.every_s),
            rows: self.rows.clone(),
            columns: self.columns.clone(),
            keep: Duration::from_secs(self.keep_days.saturating_mul(24 * 3_600)),
        }
    }

    fn complaint(&self) -> Option<String> {
        if !(10..=7 * 24 * 3_600).contains(&self.every_s) {
            return Some(format!("the feed of {} {}: every_s is 10 to 604,800", self.unit, self.table));
        }
        self.with(self.secret_file.as_ref().map(|_| Secret::new(""))).complaint()
    }
}

/// Each has a thread of its own.
const MAX_FEEDS: usize = 64;

/// A fault has the place where they begin, and names its feed.
pub(super) fn checked<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Feed>, D::Error> {
    let feeds = Vec::<Feed>::deserialize(deserializer)?;
    if let Some(why) = feeds.iter().find_map(Feed::complaint) {
        return Err(D::Error::custom(why));
    }
    if feeds.len() > MAX_FEEDS {
        return Err(D::Error::custom(format!("{} feeds; at most {MAX_FEEDS} are loaded", feeds.len())));
    }
    let of = |feed: &Feed| (feed.unit.clone(), feed.table.clone());
    let mut known = std::collections::BTreeSet::new();
    match feeds.iter().find(|feed| !known.insert(of(feed))) {
        Some(feed) => Err(D::Error::custom(format!("two feeds fill the table {} of {}", feed.table, feed.unit))),
        None => Ok(feeds),
    }
}
