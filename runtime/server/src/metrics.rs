//! What the metrics are made of, gathered at each scrape.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use amprule_api::{Commits, HookCount, MessageCount, Metrics, RepairCount, ShadowCount, Snapshot, StageCount};
use amprule_domain::decision::FaultClass;
use amprule_engine::Engine;
use amprule_hooks::Registry;
use amprule_hooks::breaker::BreakerState;
use amprule_hooks::comparison::{Compared, Comparison};
use amprule_hooks::registry::{HookView, UnitView};
use amprule_hooks::shadow::ShadowView;
use amprule_store::SqliteStore;
use tracing_appender::non_blocking::ErrorCounter;

pub(crate) struct Gauges {
    pub(crate) engine: Arc<Engine>,
    pub(crate) registry: Arc<Registry>,
    pub(crate) store: Arc<SqliteStore>,
    /// Lines that found no room.
    pub(crate) log: ErrorCounter,
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
        let repairs = counters.repairs().into_iter().map(|kind| RepairCount {
            vendor: kind.vendor,
            model: kind.model,
            firmware: kind.firmware,
            mark: kind.mark,
            count: kind.count,
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
        }
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
