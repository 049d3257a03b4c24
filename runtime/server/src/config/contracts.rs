//! Cars that prove whose customers they are (ISO 15118).

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use amprule_revocation::{Settings, WhenUnknown};
use serde::{Deserialize, Deserializer};

#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Contracts {
    pub(crate) trust: Vec<PathBuf>,
    pub(crate) when_unknown: Unknown,
    #[serde(deserialize_with = "deadline")]
    pub(crate) deadline_ms: u64,
    pub(crate) private_responders: BTreeSet<String>,
    pub(crate) provide_with: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Unknown {
    Accept,
    Refuse,
}

impl Default for Contracts {
    fn default() -> Self {
        Self {
            trust: Vec::new(),
            when_unknown: Unknown::Accept,
            deadline_ms: 3_500,
            private_responders: BTreeSet::new(),
            provide_with: Vec::new(),
        }
    }
}

impl Contracts {
    pub(crate) fn revocation_settings(&self) -> Settings {
        Settings {
            deadline: Duration::from_millis(self.deadline_ms),
            when_unknown: match self.when_unknown {
                Unknown::Accept => WhenUnknown::Accept,
                Unknown::Refuse => WhenUnknown::Refuse,
            },
            private_responders: self.private_responders.clone(),
        }
    }
}

/// A car gives up after 5 s or so.
fn deadline<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let deadline = u64::deserialize(deserializer)?;
    match deadline {
        100..=10_000 => Ok(deadline),
        _ => Err(serde::de::Error::custom(format!("`deadline_ms` is {deadline}; it must be 100 to 10000"))),
    }
}
