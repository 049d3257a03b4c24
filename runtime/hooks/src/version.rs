//! A version of a unit: compiled code, what its files said, what it is granted, and how its calls went.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use amprule_domain::decision::{Fault, FaultClass, Hook};
use amprule_domain::pricing::{Parameters, Pin, PricedBy};
use jiff::Timestamp;
use parking_lot::Mutex;
use serde::Serialize;
use tokio::sync::Semaphore;

use crate::breaker::{Breaker, BreakerState};
use crate::log_parameters::noted;
use crate::manifest::Manifest;
use crate::probation::{Probation, ProbationState};
use crate::settings::{CallLimits, HostLimits};
use crate::stats::Stats;
use crate::tables::Tables;
use crate::throttle::Throttle;
use crate::unit::{Kind, Source, Unit};

/// Never changes but for its counters. Named by its hash.
pub struct Version {
    pub kind: Kind,
    pub manifest: Manifest,
    pub parameters: Parameters,
    /// As records of its questions have them.
    pub(crate) noted: Parameters,
    pub hash: String,
    /// Without the operator's tables.
    pub code_hash: String,
    pub granted: CallLimits,
    pub tables: Arc<Tables>,
    pub loaded_at: Timestamp,
    pub(crate) unit: Arc<dyn Unit>,
    pin: Arc<Pin>,
    /// As itself, and as a fallback.
    priced_by: [Arc<PricedBy>; 2],
    /// Calls that have not proven to be quick pass here, so that one bad unit cannot take every core.
    pub(crate) lane: Arc<Semaphore>,
    watched: [Watched; Hook::ALL.len()],
    began: Instant,
    pub(crate) probation: Probation,
    /// Which running prices are written down.
    pub(crate) sample: Throttle,
    /// Bytes that it takes in memory, roughly: its tables, and its code as often as a compiler turns it into something longer.
    pub(crate) bytes: usize,
    /// Seconds since `began` of the last call.
    used: AtomicU64,
    signer: OnceLock<String>,
}

/// What is counted and guarded for one hook.
pub(crate) struct Watched {
    pub(crate) stats: Stats,
    pub(crate) breaker: Breaker,
    pub(crate) last_fault: Mutex<Option<LastFault>>,
}

/// What went wrong last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LastFault {
    pub at: Timestamp,
    pub class: FaultClass,
    pub code: Option<String>,
    pub message: String,
}

impl LastFault {
    pub(crate) fn new(at: Timestamp, fault: &Fault) -> Self {
        Self { at, class: fault.class, code: fault.code.clone(), message: fault.message.clone() }
    }
}

/// How much longer compiled code is than its source.
const COMPILED: usize = 4;

fn weight(source: &Source) -> usize {
    let code = source.files.get(&source.manifest.entry).map_or(0, Vec::len);
    COMPILED * code + source.tables.iter().map(|(_, table)| table.bytes()).sum::<usize>()
}

impl Watched {
    fn new(began: Instant) -> Self {
        Self { stats: Stats::default(), breaker: Breaker::new(began), last_fault: Mutex::default() }
    }
}

impl Version {
    pub fn new(source: &Source, unit: Arc<dyn Unit>, limits: &HostLimits, loaded_at: Timestamp) -> Self {
        let began = Instant::now();
        let parameters = Parameters::from(source.parameters.clone());
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self {
            kind: source.kind,
            manifest: source.manifest.clone(),
            noted: noted(&parameters),
            parameters,
            hash: source.hash.clone(),
            code_hash: source.code_hash.clone(),
            granted: limits.grant(source.kind, &source.manifest.limits),
            tables: Arc::clone(&source.tables),
            loaded_at,
            unit,
            pin: Arc::new(pin_of(source)),
            priced_by: [false, true].map(|fallback| Arc::new(priced_by(source, fallback))),
            lane: Arc::new(Semaphore::new((cores / 2).max(1))),
            watched: Hook::ALL.map(|_| Watched::new(began)),
            began,
            probation: Probation::new(began),
            sample: Throttle::new(began),
            bytes: weight(source),
            used: AtomicU64::new(0),
            signer: OnceLock::new(),
        }
    }

    pub fn id(&self) -> &str {
        &self.manifest.id
    }

    /// The code itself, past breakers and counters: for the author's tools.
    pub fn unit(&self) -> &dyn Unit {
        &*self.unit
    }

    /// The name that the configuration gives to the key. Only the first call sets it.
    pub fn signed_by(&self, signer: Option<String>) {
        signer.map(|signer| self.signer.set(signer));
    }

    pub fn signer(&self) -> Option<&str> {
        self.signer.get().map(String::as_str)
    }

    pub fn has(&self, hook: Hook) -> bool {
        self.manifest.hooks.contains(&hook)
    }

    pub fn pin(&self) -> Arc<Pin> {
        Arc::clone(&self.pin)
    }

    pub(crate) fn priced_by(&self, fallback: bool) -> Arc<PricedBy> {
        Arc::clone(&self.priced_by[usize::from(fallback)])
    }

    pub(crate) fn watched(&self, hook: Hook) -> &Watched {
        &self.watched[hook as usize]
    }

    /// Fit to stand in for another version: not known to fail.
    pub(crate) fn is_good(&self, hook: Hook) -> bool {
        let Watched { stats, breaker, .. } = self.watched(hook);
        let proven = stats.good() > 0 || stats.calls() == 0;
        let failed = self.probation.standing() == ProbationState::Failed;
        self.has(hook) && proven && !failed && breaker.state() == BreakerState::Closed
    }

    /// It was stable when the process before ended.
    pub fn trust(&self) {
        self.probation.trust();
    }

    pub fn standing(&self) -> ProbationState {
        self.probation.standing()
    }

    pub(crate) fn touch(&self, now: Instant) {
        let second = now.saturating_duration_since(self.began).as_secs();
        if self.used.load(Relaxed) != second {
            self.used.store(second, Relaxed);
        }
    }

    /// How long nobody has asked it.
    pub(crate) fn idle(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.began).saturating_sub(Duration::from_secs(self.used.load(Relaxed)))
    }
}

fn pin_of(source: &Source) -> Pin {
    let Manifest { id, version, boundaries, pinned, .. } = &source.manifest;
    Pin {
        unit: id.clone(),
        version: version.clone(),
        hash: source.hash.clone(),
        boundaries: boundaries.clone(),
        fixed: *pinned,
        modifiers: Vec::new(),
    }
}

fn priced_by(source: &Source, fallback: bool) -> PricedBy {
    let Manifest { id, version, .. } = &source.manifest;
    PricedBy { unit: id.clone(), version: version.clone(), hash: source.hash.clone(), fallback }
}
