//! What a driver in code says of its hardware: `[device]` of `plugin.toml`.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::Abilities;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DeviceFacts {
    pub vendor: String,
    pub model: String,
    pub phases: u8,
    /// Between two turns when nothing else happens.
    pub poll_ms: u64,
    pub abilities: Abilities,
    /// By name: the kind of each.
    pub wires: BTreeMap<String, WireKind>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum WireKind {
    Modbus,
    Http,
    Mqtt,
    Udp,
    Stream,
}

impl DeviceFacts {
    pub fn every(&self) -> Duration {
        Duration::from_millis(self.poll_ms)
    }
}

impl WireKind {
    pub const ALL: [Self; 5] = [Self::Modbus, Self::Http, Self::Mqtt, Self::Udp, Self::Stream];
    pub const WORDS: [&str; 5] = ["modbus", "http", "mqtt", "udp", "stream"];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Modbus => "modbus",
            Self::Http => "http",
            Self::Mqtt => "mqtt",
            Self::Udp => "udp",
            Self::Stream => "stream",
        }
    }

    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}
