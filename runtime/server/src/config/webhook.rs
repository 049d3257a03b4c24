//! `[[webhooks]]`: one that cannot work is refused before anything starts.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use amprule_webhooks::{HookAsWritten, SettingsError};
use serde::de::Error;
use serde::{Deserialize, Deserializer};

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Webhook {
    pub(crate) name: String,
    pub(crate) url: String,
    pub(crate) secret_file: PathBuf,
    pub(crate) previous_secret_file: Option<PathBuf>,
    #[serde(default = "Webhook::all_events")]
    pub(crate) events: Vec<String>,
    #[serde(default = "Webhook::timeout_s")]
    pub(crate) timeout_s: u64,
    #[serde(default)]
    pub(crate) allow_http: bool,
}

impl Webhook {
    fn all_events() -> Vec<String> {
        vec!["*".to_owned()]
    }

    const fn timeout_s() -> u64 {
        10
    }
}

/// A fault has the place where they begin, and names its webhook.
pub(super) fn checked<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Webhook>, D::Error> {
    let webhooks: Vec<Webhook> =
        Vec::<Checked>::deserialize(deserializer)?.into_iter().map(|Checked(hook)| hook).collect();
    let mut names = BTreeSet::new();
    match webhooks.iter().find(|hook| !names.insert(&hook.name)) {
        Some(double) => Err(D::Error::custom(SettingsError::SameName(double.name.clone()))),
        None => Ok(webhooks),
    }
}

struct Checked(Webhook);

impl<'de> Deserialize<'de> for Checked {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let hook = Webhook::deserialize(deserializer)?;
        let Webhook { name, url, events, timeout_s, allow_http, .. } = &hook;
        let timeout = Duration::from_secs(*timeout_s);
        let written = HookAsWritten { name, url, events, timeout, allow_http: *allow_http };
        written.check().map_err(D::Error::custom)?;
        Ok(Self(hook))
    }
}
