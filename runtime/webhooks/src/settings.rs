//! What the operator may set, and the bounds that hold when nothing is set.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use crate::address::Address;
use crate::hook::{Hook, Hooks};
use crate::roots::prepared;
use crate::wanted::Wanted;
use crate::{Pace, Roots, Secret, SettingsError};

const MAX_NAME: usize = 40;
const MAX_TIMEOUT: Duration = Duration::from_secs(60);

#[derive(Debug, Clone)]
pub struct Settings {
    /// Names this installation in every `webhook-id`, so that a receiver of several can tell their events apart.
    pub source: String,
    pub hooks: Vec<HookSettings>,
    /// Who may sign the receivers' certificates.
    pub roots: Roots,
    pub pace: Pace,
}

/// One subscriber. What it has heard is kept under its name: one that gets another name begins anew.
#[derive(Clone)]
pub struct HookSettings {
    pub name: String,
    pub url: String,
    pub secret: Secret,
    /// While a secret is replaced by another, messages have a signature by each.
    pub previous_secret: Option<Secret>,
    /// `session.ended`, `session.*` or `*`.
    pub events: Vec<String>,
    /// For one attempt, from the name's resolution to the answer's head.
    pub timeout: Duration,
    /// Over the loopback interface it is always allowed.
    pub allow_http: bool,
}

impl HookSettings {
    pub const TIMEOUT: Duration = Duration::from_secs(10);
}

impl Settings {
    /// Reads the system's certificates when they are asked for and a hook needs them.
    ///
    /// # Errors
    /// The first setting that cannot work.
    pub fn check(self) -> Result<Hooks, SettingsError> {
        if !is_name(&self.source, |byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_') {
            return Err(SettingsError::Source(self.source));
        }
        if let Some(name) = self.pace.zero() {
            return Err(SettingsError::Zero(name));
        }
        let mut names = BTreeSet::new();
        if let Some(double) = self.hooks.iter().find(|hook| !names.insert(&hook.name)) {
            return Err(SettingsError::SameName(double.name.clone()));
        }
        let hooks = self.hooks.into_iter().map(HookSettings::check).collect::<Result<Vec<_>, _>>()?;
        let is_tls = hooks.iter().any(|hook| hook.address.place.is_tls());
        let tls = prepared(&self.roots, is_tls)?;
        Ok(Hooks { source: self.source.into(), hooks, tls, pace: self.pace })
    }
}

impl HookSettings {
    fn check(self) -> Result<Hook, SettingsError> {
        let (wanted, address) = self.as_written().parts()?;
        let secrets = [Some(self.secret), self.previous_secret].into_iter().flatten().collect();
        Ok(Hook { name: self.name.into(), address, secrets, wanted, timeout: self.timeout })
    }

    fn as_written(&self) -> HookAsWritten<'_> {
        let Self { name, url, events, timeout, allow_http, .. } = self;
        HookAsWritten { name, url, events, timeout: *timeout, allow_http: *allow_http }
    }
}

/// What can be checked of a subscriber before its secret is read.
#[derive(Clone, Copy)]
pub struct HookAsWritten<'a> {
    pub name: &'a str,
    pub url: &'a str,
    pub events: &'a [String],
    pub timeout: Duration,
    pub allow_http: bool,
}

impl HookAsWritten<'_> {
    /// # Errors
    /// The first setting that cannot work.
    pub fn check(self) -> Result<(), SettingsError> {
        self.parts().map(drop)
    }

    fn parts(self) -> Result<(Wanted, Address), SettingsError> {
        let Self { name, url, events, timeout, allow_http } = self;
        let hook = name.to_owned();
        if !is_name(name, |byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-') {
            return Err(SettingsError::Name(hook));
        }
        if timeout.is_zero() || timeout > MAX_TIMEOUT {
            return Err(SettingsError::Timeout(hook));
        }
        let wanted = Wanted::parse(name, events.to_vec())?;
        let address = Address::parse(url, allow_http).map_err(|source| SettingsError::Url { hook, source })?;
        Ok((wanted, address))
    }
}

impl fmt::Debug for HookSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = Address::parse(&self.url, true).map(|address| address.to_string());
        f.debug_struct("HookSettings")
            .field("name", &self.name)
            .field("url", &url)
            .field("events", &self.events)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

fn is_name(text: &str, fits: fn(u8) -> bool) -> bool {
    (1..=MAX_NAME).contains(&text.len()) && text.bytes().all(fits)
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use super::*;

    fn hook(name: &str) -> HookSettings {
        HookSettings {
            name: name.to_owned(),
            url: "https://example.com/events".to_owned(),
            secret: Secret::parse("a secret of 24 bytes or more").unwrap(),
            previous_secret: None,
            events: vec!["session.*".to_owned()],
            timeout: HookSettings::TIMEOUT,
            allow_http: false,
        }
    }

    fn settings() -> Settings {
        let root = rcgen::generate_simple_self_signed(["root".to_owned()]).unwrap();
        let roots = Roots::Pem(root.cert.pem().into_bytes());
        Settings { source: "depot".to_owned(), hooks: vec![hook("crm"), hook("erp")], roots, pace: Pace::default() }
    }

    fn refused(change: impl FnOnce(&mut Settings)) -> String {
        let mut settings = settings();
        change(&mut settings);
        let error = settings.check().map(drop).unwrap_err();
        let source = error.source().map(ToString::to_string).unwrap_or_default();
        format!("{error}: {source}")
    }

    #[test]
    fn usable_settings_are_taken() {
        settings().check().unwrap();
    }

    #[test]
    fn settings_that_cannot_work_are_named() {
        assert!(refused(|s| s.source = String::new()).contains("webhook-id"));
        assert!(refused(|s| s.source = "de.pot".to_owned()).contains("\"de.pot\""));
        assert!(refused(|s| s.hooks[0].name = "C R M".to_owned()).contains("\"C R M\""));
        assert!(refused(|s| s.hooks[1].name = "crm".to_owned()).contains("the name crm"));
        assert!(refused(|s| s.hooks[0].timeout = Duration::ZERO).contains("crm"));
        assert!(refused(|s| s.hooks[0].timeout = Duration::from_secs(61)).contains("60 s"));
        assert!(refused(|s| s.hooks[0].events.clear()).contains("[\"*\"]"));
        assert!(refused(|s| s.hooks[0].events.push("sessions.*".to_owned())).contains("did you mean \"session.*\""));
        assert!(refused(|s| s.hooks[1].url = "http://example.com".to_owned()).contains("erp"));
        assert!(refused(|s| s.pace.poll = Duration::ZERO).contains("poll"));
        assert!(refused(|s| s.roots = Roots::Pem(b"nothing".to_vec())).contains("holds none"));
    }
}
