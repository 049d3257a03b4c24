//! A subscriber as the settings have it, checked.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use amprule_outbound::Tls;

use crate::address::Address;
use crate::wanted::Wanted;
use crate::{Pace, Secret};

/// Settings that can work: what [`crate::Webhooks::start`] begins with.
#[derive(Clone)]
pub struct Hooks {
    pub(crate) source: Arc<str>,
    pub(crate) hooks: Vec<Hook>,
    pub(crate) tls: Tls,
    pub(crate) pace: Pace,
}

#[derive(Clone)]
pub(crate) struct Hook {
    pub(crate) name: Arc<str>,
    pub(crate) address: Address,
    /// The one that counts, and the one that counted before.
    pub(crate) secrets: Vec<Secret>,
    pub(crate) wanted: Wanted,
    pub(crate) timeout: Duration,
}

impl Hook {
    /// What a stranger said, fit for a log: a receiver may repeat what it was sent, or the secret that it checks with.
    pub(crate) fn hide(&self, text: &str) -> String {
        self.secrets.iter().fold(self.address.hide(text), |text, secret| secret.hide(&text))
    }
}

impl fmt::Debug for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hooks").field("source", &self.source).field("hooks", &self.hooks).finish_non_exhaustive()
    }
}

impl fmt::Debug for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", self.name, self.address)
    }
}
