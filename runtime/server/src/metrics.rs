//! What the metrics are made of, gathered at each scrape.

use std::sync::Arc;
use std::time::Duration;

use amprule_api::{Commits, HookCount, MessageCount, Metrics, RepairCount, Snapshot};
use amprule_domain::decision::FaultClass;
use amprule_engine::Engine;
use amprule_hooks::Registry;
use amprule_hooks::breaker::BreakerState;
use amprule_hooks::registry::HookView;
use amprule_store::SqliteStore;

pub(crate) struct Gauges {
    pub(crate) engine: Arc<Engine>,
    pub(crate) registry: Arc<Registry>,
    pub(crate) store: Arc<SqliteStore>,
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
        Snapshot {
            stations_connected: self.engine.connected() as u64,
            messages: messages.collect(),
            repairs: repairs.collect(),
            commits: Some(self.commits()),
            generation: self.registry.generation(),
            hooks: self.hooks(),
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
        let units = self.registry.extensions().into_iter();
        units.flat_map(|unit| unit.calls.into_iter().map(move |hook| count(&unit.id, &hook))).collect()
    }
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
