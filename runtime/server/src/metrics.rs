//! What the metrics are made of, gathered at each scrape.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use amprule_api::{
    CertificateExpiry, CircuitLoad, Commits, DeviceCount, HookCount, MessageCount, Metrics, QuirksView, RepairCount,
    ShadowCount, SiteLoad, Snapshot, StageCount,
};
use amprule_devices::DeviceStatus;
use amprule_domain::Timestamp;
use amprule_domain::decision::FaultClass;
use amprule_domain::load::CircuitView;
use amprule_engine::Engine;
use amprule_forward::Forwards;
use amprule_gateway::{ServerCertificate, Tls};
use amprule_hooks::Registry;
use amprule_hooks::breaker::BreakerState;
use amprule_hooks::comparison::{Compared, Comparison};
use amprule_hooks::registry::{HookView, UnitView};
use amprule_hooks::shadow::ShadowView;
use amprule_sites::{SiteStatus, Sites};
use amprule_store::SqliteStore;
use tracing_appender::non_blocking::ErrorCounter;

use crate::fleet::Fleet;
use crate::{forwards, quirks};

pub(crate) struct Gauges {
    pub(crate) engine: Arc<Engine>,
    pub(crate) registry: Arc<Registry>,
    pub(crate) store: Arc<SqliteStore>,
    pub(crate) fleet: Arc<Fleet>,
    pub(crate) sites: Arc<Sites>,
    pub(crate) forwards: Arc<Forwards>,
    /// Lines that found no room.
    pub(crate) log: ErrorCounter,
    pub(crate) tls: Option<Tls>,
}

impl Metrics for Gauges {
    fn snapshot(&self) -> Snapshot {
        let counters = self.engine.counters();
        let messages = counters.messages().into_iter().map(|kind| MessageCount {
            protocol: kind.protocol,
            action: kind.action,
            accepted: kind.accepted,
            count: kind.count,
        });
        let repairs = counters.repairs().into_iter().map(|(kind, count)| RepairCount {
            vendor: kind.vendor,
            model: kind.model,
            firmware: kind.firmware,
            mark: kind.mark.as_str().to_owned(),
            count,
        });
        let guesses = self.engine.guesses();
        Snapshot {
            stations_connected: self.engine.connected() as u64,
            wrong_passwords: guesses.wrong,
            slowed_handshakes: guesses.slowed,
            log_lines_dropped: self.log.dropped_lines() as u64,
            messages: messages.collect(),
            repairs: repairs.collect(),
            commits: Some(self.commits()),
            generation: self.registry.generation(),
            hooks: self.hooks(),
            shadows: self.shadows(),
            versions: self.versions(),
            devices: devices(&self.fleet.statuses()),
            sites: self.sites.status().into_iter().map(load).collect(),
            forwards: self.forwards.status().into_iter().map(forwards::count).collect(),
            certificates: self.tls.iter().flat_map(Tls::shown).map(expiry).collect(),
        }
    }

    fn counted_since(&self) -> Timestamp {
        self.engine.counters().since()
    }

    fn quirks(&self) -> Vec<QuirksView> {
        let dialects = self.registry.dialects();
        let known = dialects.iter().filter_map(|version| Some((version.id(), version.manifest.dialect.as_ref()?)));
        quirks::report(self.engine.counters(), &known.collect::<Vec<_>>())
    }
}

impl Gauges {
    fn commits(&self) -> Commits {
        let stats = self.store.stats();
        Commits {
            transactions: stats.transactions,
            commits: stats.commits,
            failed: stats.refused,
            ..Commits::default()
        }
    }

    fn hooks(&self) -> Vec<HookCount> {
        let units = self.registry.units().into_iter();
        units.flat_map(|unit| unit.calls.into_iter().map(move |hook| count(&unit.id, &hook))).collect()
    }

    /// A unit that two places claim is counted at the first.
    fn versions(&self) -> Vec<StageCount> {
        let mut seen = HashSet::new();
        let units = self.registry.units().into_iter().filter(|unit| seen.insert(unit.id.clone()));
        units.map(stages).collect()
    }

    fn shadows(&self) -> Vec<ShadowCount> {
        let shadows = self.registry.shadows().into_iter();
        let count = |ShadowView { dropped, found, .. }| {
            let Compared { unit, comparison: Comparison { same, changed, failed, .. }, .. } = found;
            ShadowCount { extension: unit, same, changed, failed, dropped }
        };
        shadows.map(count).collect()
    }
}

fn expiry(shown: ServerCertificate) -> CertificateExpiry {
    CertificateExpiry { file: shown.file.display().to_string(), expires_s: shown.expires_at.as_second() }
}

fn devices(statuses: &[DeviceStatus]) -> Vec<DeviceCount> {
    let mut counts: BTreeMap<(&str, &'static str), (u64, u64)> = BTreeMap::new();
    for status in statuses {
        let state = match (status.state, status.seen_at) {
            (Some(state), _) => state.as_str(),
            (None, Some(_)) => "meter",
            (None, None) => "unseen",
        };
        let (count, in_trouble) = counts.entry((&status.unit, state)).or_default();
        (*count, *in_trouble) = (*count + 1, *in_trouble + u64::from(status.trouble.is_some()));
    }
    let count = |((unit, state), (count, in_trouble)): ((&str, &'static str), (u64, u64))| DeviceCount {
        extension: unit.to_owned(),
        state,
        count,
        in_trouble,
    };
    counts.into_iter().map(count).collect()
}

fn load(site: SiteStatus) -> SiteLoad {
    let amperes = |tenths: [i64; 3]| tenths.map(|tenths| tenths as f64 / 10.0);
    let circuit = |CircuitView { id, capacity, taken, .. }| CircuitLoad {
        circuit: id,
        capacity_a: amperes(capacity),
        taken_a: amperes(taken),
    };
    SiteLoad {
        in_trouble: site.trouble.is_some(),
        circuits: site.circuits.into_iter().map(circuit).collect(),
        site: site.id,
    }
}

fn stages(unit: UnitView) -> StageCount {
    let mut stages = BTreeMap::new();
    for version in &unit.versions {
        *stages.entry(version.stage.as_str()).or_default() += 1;
    }
    StageCount { extension: unit.id, state: unit.state.as_str(), stages }
}

fn count(extension: &str, view: &HookView) -> HookCount {
    let seconds = |micros: u64| Duration::from_micros(micros).as_secs_f64();
    let class = |word: &str| FaultClass::ALL.into_iter().find(|class| class.as_str() == word);
    HookCount {
        extension: extension.to_owned(),
        hook: view.hook,
        calls: view.calls,
        faults: view.faults.iter().filter_map(|(word, count)| Some((class(word)?, *count))).collect(),
        seconds: seconds(view.total_micros),
        p50_seconds: seconds(view.p50_micros),
        p99_seconds: seconds(view.p99_micros),
        breaker_open: view.breaker != BreakerState::Closed,
    }
}
