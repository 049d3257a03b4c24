//! What the metrics are made of, as plain data: nobody else needs to know how they are printed.

use std::collections::BTreeMap;

use amprule_domain::Timestamp;
use amprule_domain::decision::{FaultClass, Hook};

use crate::QuirksView;

pub trait Metrics: Send + Sync {
    /// Asked at every scrape.
    fn snapshot(&self) -> Snapshot;

    /// When counting began.
    fn counted_since(&self) -> Timestamp;

    /// By vendor, model and firmware, in that order.
    fn quirks(&self) -> Vec<QuirksView>;
}

/// Counts run from the start of the process. What is left empty is left out.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Snapshot {
    pub stations_connected: u64,
    /// Of stations, in handshakes.
    pub wrong_passwords: u64,
    /// Handshakes that were turned away unchecked after too many wrong passwords.
    pub slowed_handshakes: u64,
    /// Lines of the log that found no room, because nobody reads it quickly enough.
    pub log_lines_dropped: u64,
    pub messages: Vec<MessageCount>,
    /// What stations sent wrongly and was repaired.
    pub repairs: Vec<RepairCount>,
    pub commits: Option<Commits>,
    /// The registry's generation.
    pub generation: u64,
    pub hooks: Vec<HookCount>,
    pub shadows: Vec<ShadowCount>,
    pub versions: Vec<StageCount>,
    pub devices: Vec<DeviceCount>,
    pub sites: Vec<SiteLoad>,
    pub forwards: Vec<ForwardCount>,
    /// Those that stations are shown.
    pub certificates: Vec<CertificateExpiry>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateExpiry {
    pub file: String,
    /// Seconds since 1970.
    pub expires_s: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MessageCount {
    pub protocol: &'static str,
    pub action: &'static str,
    /// False: answered with a CALLERROR.
    pub accepted: bool,
    pub count: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepairCount {
    pub vendor: String,
    pub model: String,
    pub firmware: String,
    pub mark: String,
    pub count: u64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Commits {
    /// Groups written to disk.
    pub transactions: u64,
    /// Steps of stations in them.
    pub commits: u64,
    pub failed: u64,
    /// Steps that wait for the writer now.
    pub queued: u64,
}

/// Devices of one driver that stand alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceCount {
    pub extension: String,
    /// As the driver saw them last; `meter`, or `unseen`.
    pub state: &'static str,
    pub count: u64,
    /// Of them, those that did not answer, or took not all that they were told.
    pub in_trouble: u64,
}

#[derive(Debug, Clone, PartialEq)]
pub struct SiteLoad {
    pub site: String,
    /// It is not shared out as the operator wants it.
    pub in_trouble: bool,
    pub circuits: Vec<CircuitLoad>,
}

/// All stations of one forward.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForwardCount {
    pub forward: String,
    pub stations: u64,
    pub connected: u64,
    /// Messages on disk that its backend has not heard.
    pub waiting: u64,
    pub heard: u64,
    /// Messages that it will never hear.
    pub lost: u64,
}

/// By phase, in amperes.
#[derive(Debug, Clone, PartialEq)]
pub struct CircuitLoad {
    pub circuit: String,
    /// For charging.
    pub capacity_a: [f64; 3],
    /// What its EVSEs may come to at the most.
    pub taken_a: [f64; 3],
}

/// How many versions of one extension are where in their life; what only the archive has is not counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageCount {
    pub extension: String,
    /// The extension's own.
    pub state: &'static str,
    /// Stage to number.
    pub stages: BTreeMap<&'static str, u64>,
}

/// How the answers of one extension's candidate compare.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShadowCount {
    pub extension: String,
    pub same: u64,
    pub changed: u64,
    pub failed: u64,
    pub dropped: u64,
}

/// The calls of one extension's active version for one hook.
#[derive(Debug, Clone, PartialEq)]
pub struct HookCount {
    pub extension: String,
    pub hook: Hook,
    pub calls: u64,
    pub faults: Vec<(FaultClass, u64)>,
    /// Time spent in calls.
    pub seconds: f64,
    pub p50_seconds: f64,
    pub p99_seconds: f64,
    pub breaker_open: bool,
}
