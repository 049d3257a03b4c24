//! `[files]`: where stations fetch firmware and bring logs, and how much may lie there.

use std::net::SocketAddr;

use amprule_files::Settings;
use jiff::SignedDuration;
use serde::de::Error;
use serde::{Deserialize, Deserializer};

#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Files {
    pub(crate) listen: Option<SocketAddr>,
    #[serde(deserialize_with = "address")]
    pub(crate) address: Option<String>,
    pub(crate) tls: bool,
    pub(crate) max_firmware_mib: u64,
    pub(crate) firmware_mib: u64,
    pub(crate) max_log_mib: u64,
    pub(crate) logs_mib: u64,
    pub(crate) keep_logs_days: u32,
    pub(crate) log_awaited_hours: u32,
    pub(crate) max_connections: usize,
}

impl Default for Files {
    fn default() -> Self {
        let settings = Settings::default();
        let hours = |time: SignedDuration| u32::try_from(time.as_hours()).unwrap_or(u32::MAX);
        Self {
            listen: None,
            address: None,
            tls: true,
            max_firmware_mib: settings.firmware_file >> 20,
            firmware_mib: settings.firmware_all >> 20,
            max_log_mib: settings.log_file >> 20,
            logs_mib: settings.logs_all >> 20,
            keep_logs_days: hours(settings.logs_kept) / 24,
            log_awaited_hours: hours(settings.log_awaited),
            max_connections: settings.connections,
        }
    }
}

impl Files {
    pub(crate) fn settings(&self) -> Settings {
        let bytes = |mib: u64| mib.saturating_mul(1 << 20);
        Settings {
            firmware_file: bytes(self.max_firmware_mib),
            firmware_all: bytes(self.firmware_mib),
            log_file: bytes(self.max_log_mib),
            logs_all: bytes(self.logs_mib),
            logs_kept: SignedDuration::from_hours(24 * i64::from(self.keep_logs_days)),
            log_awaited: SignedDuration::from_hours(self.log_awaited_hours.into()),
            connections: self.max_connections,
            ..Settings::default()
        }
    }
}

/// A fault has the place where they begin.
pub(super) fn checked<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Files, D::Error> {
    let files = Files::deserialize(deserializer)?;
    if files.max_log_mib > files.logs_mib {
        return Err(D::Error::custom(format!(
            "`max_log_mib` is {} and `logs_mib` {}: one log would have no room",
            files.max_log_mib, files.logs_mib
        )));
    }
    if files.listen.is_some_and(|listen| listen.ip().is_unspecified()) && files.address.is_none() {
        return Err(D::Error::custom(
            "`listen` takes every way in, so `address` has to say by which one stations come: http://csms.example.com:9001",
        ));
    }
    Ok(files)
}

/// With whatever a proxy wants in its path, and nothing behind that.
fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let Some(address) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
    let host = ["http://", "https://"].iter().find_map(|scheme| address.strip_prefix(scheme));
    let is_good = host.is_some_and(|rest| {
        !rest.is_empty() && !rest.starts_with('/') && !rest.contains(['?', '#', '@', '"', '\\']) && rest.is_ascii()
    });
    match is_good && !address.contains(char::is_whitespace) {
        true => Ok(Some(address)),
        false => Err(D::Error::custom(format!(
            "{address:?} is no address of files: https://files.example.com or http://192.0.2.7:9001/files"
        ))),
    }
}
