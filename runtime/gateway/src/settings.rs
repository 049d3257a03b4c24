//! What the operator may set, and the bounds that hold when nothing is set.

use std::time::Duration;

use amprule_ocpp::Dialect;

use crate::{ModelRule, SettingsError};

/// Every bound of the listener. A default is a value that suits some thousand stations on one small machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewaySettings {
    /// When given, other paths are answered with 404. Begins and ends with a slash: `/ocpp/`.
    pub path_prefix: Option<String>,
    /// Versions that are served: `ocpp1.6`, `ocpp2.0.1`, `ocpp2.1`. The station's order decides among them.
    pub protocols: Vec<String>,
    /// The version of a station that names none. Without it such a connection is closed after the handshake.
    pub default_protocol: Option<String>,
    /// What a station is answered that offers versions of which none is served: nothing but an error of HTTP, as the
    /// certification cases want it, or a complete handshake without a version and a close (OCPP-J 2.0.1, 3.1.2).
    pub refuse_unknown_versions: bool,
    /// Open connections. One more is answered with 503 and closed.
    pub max_connections: usize,
    /// Handshakes at the same time. Further connections wait in the kernel's queue.
    pub max_handshakes: usize,
    /// From the accepted socket to the answered upgrade, TLS included. A slower one is dropped.
    pub handshake_timeout: Duration,
    /// A message or frame beyond it is answered with an error, and the connection is closed with status 1009.
    pub max_frame_bytes: usize,
    /// Messages of all connections together that have not come completely or are not answered yet; the first 64 KiB of
    /// each are free. At it a connection waits for room, then is closed with status 1013.
    pub max_frames_bytes: usize,
    /// How long a connection waits for room.
    pub room_timeout: Duration,
    /// Whether stations that offer permessage-deflate (RFC 7692) may compress their messages.
    pub compression: bool,
    /// Allocated for every connection. Most messages fit in 2 KiB, and a larger buffer was not measurably faster.
    pub read_buffer_bytes: usize,
    /// A station that was silent for so long is pinged.
    pub ping_interval: Duration,
    /// A station that was silent for so long is cut off; one that never answered a ping after two heartbeats at least.
    pub idle_timeout: Duration,
    /// How often stations are told to send a Heartbeat.
    pub heartbeat: Duration,
    /// A station that does not take a message within this time is cut off.
    pub write_timeout: Duration,
    /// How long a close waits for the station's own close.
    pub close_timeout: Duration,
    /// Unreadable frames without a readable one between them; one more closes with status 1008. 0: each is answered,
    /// however many come.
    pub max_malformed_in_a_row: u32,
    /// The first that fits what a station says of itself counts.
    pub models: Vec<ModelRule>,
}

impl Default for GatewaySettings {
    fn default() -> Self {
        Self {
            path_prefix: None,
            protocols: ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"].map(str::to_owned).to_vec(),
            default_protocol: Some("ocpp1.6".to_owned()),
            refuse_unknown_versions: true,
            max_connections: 20_000,
            max_handshakes: 512,
            handshake_timeout: Duration::from_secs(10),
            max_frame_bytes: 4 * 1024 * 1024,
            max_frames_bytes: 256 * 1024 * 1024,
            room_timeout: Duration::from_secs(10),
            compression: true,
            read_buffer_bytes: 2 * 1024,
            ping_interval: Duration::from_secs(60),
            idle_timeout: Duration::from_secs(180),
            heartbeat: Duration::from_secs(300),
            write_timeout: Duration::from_secs(10),
            close_timeout: Duration::from_secs(2),
            max_malformed_in_a_row: 0,
            models: Vec::new(),
        }
    }
}

/// The versions as dialects, checked.
#[derive(Debug, Clone)]
pub(crate) struct Versions {
    pub(crate) served: Vec<Dialect>,
    pub(crate) default: Option<Dialect>,
}

impl GatewaySettings {
    pub(crate) fn check(&self) -> Result<Versions, SettingsError> {
        self.check_bounds()?;
        if let Some(prefix) = &self.path_prefix
            && !(prefix.starts_with('/') && prefix.ends_with('/'))
        {
            return Err(SettingsError::Prefix(prefix.clone()));
        }
        let served = self.protocols.iter().map(|name| dialect(name)).collect::<Result<Vec<_>, _>>()?;
        if served.is_empty() {
            return Err(SettingsError::NoProtocol);
        }
        let default = self.default_protocol.as_deref().map(dialect).transpose()?;
        match default {
            Some(default) if !served.contains(&default) => {
                Err(SettingsError::DefaultNotServed(default.subprotocol().to_owned()))
            }
            _ => Ok(Versions { served, default }),
        }
    }

    fn check_bounds(&self) -> Result<(), SettingsError> {
        let sizes = [
            ("max_connections", self.max_connections),
            ("max_handshakes", self.max_handshakes),
            ("max_frame_bytes", self.max_frame_bytes),
            ("read_buffer_bytes", self.read_buffer_bytes),
        ];
        let times = [
            ("handshake_timeout", self.handshake_timeout),
            ("room_timeout", self.room_timeout),
            ("ping_interval", self.ping_interval),
            ("write_timeout", self.write_timeout),
            ("close_timeout", self.close_timeout),
        ];
        if let Some((name, _)) = sizes.into_iter().find(|(_, size)| *size == 0) {
            return Err(SettingsError::Zero(name));
        }
        if let Some((name, _)) = times.into_iter().find(|(_, time)| time.is_zero()) {
            return Err(SettingsError::Zero(name));
        }
        if self.max_frames_bytes < self.max_frame_bytes {
            return Err(SettingsError::FramesBelowFrame);
        }
        if self.idle_timeout <= self.ping_interval { Err(SettingsError::IdleBeforePing) } else { Ok(()) }
    }
}

fn dialect(name: &str) -> Result<Dialect, SettingsError> {
    Dialect::from_subprotocol(name).ok_or_else(|| SettingsError::UnknownProtocol(name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(change: impl FnOnce(&mut GatewaySettings)) -> String {
        let mut settings = GatewaySettings::default();
        change(&mut settings);
        settings.check().map(drop).unwrap_err().to_string()
    }

    #[test]
    fn the_defaults_are_usable() {
        assert_eq!(GatewaySettings::default().check().unwrap().served.len(), 3);
    }

    #[test]
    fn settings_that_cannot_work_are_named() {
        assert!(refused(|s| s.protocols = vec!["ocpp1.5".to_owned()]).contains("`ocpp1.5`"));
        assert!(refused(|s| s.protocols.clear()).contains("at least one"));
        assert!(refused(|s| s.protocols = vec!["ocpp2.0.1".to_owned()]).contains("`ocpp1.6`"));
        assert!(refused(|s| s.path_prefix = Some("ocpp".to_owned())).contains("slash"));
        assert!(refused(|s| s.max_handshakes = 0).contains("max_handshakes"));
        assert!(refused(|s| s.max_frames_bytes = s.max_frame_bytes - 1).contains("one message"));
        assert!(refused(|s| s.idle_timeout = s.ping_interval).contains("ping interval"));
    }
}
