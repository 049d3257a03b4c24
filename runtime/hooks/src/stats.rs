//! What the calls of one version's hook took: counters without locks.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use amprule_domain::decision::FaultClass;

use crate::unit::Used;

/// A call under this is quick.
const QUICK: Duration = Duration::from_millis(1);
/// This many good quick calls prove a version; the count stops at twice that, and a slow call costs a quarter of it.
const PROVEN: u32 = 32;
const SLOW_COSTS: u32 = 16;
const CLASSES: [FaultClass; FaultClass::ALL.len()] = FaultClass::ALL;

#[derive(Default)]
pub(crate) struct Stats {
    calls: AtomicU64,
    good: AtomicU64,
    faults: [AtomicU64; CLASSES.len()],
    total_micros: AtomicU64,
    worst_fuel: AtomicU64,
    worst_memory: AtomicU64,
    worst_micros: AtomicU64,
    streak: AtomicU32,
    histogram: Histogram,
}

/// A reading of [`Stats`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct StatsSnapshot {
    pub(crate) calls: u64,
    pub(crate) good: u64,
    pub(crate) faults: BTreeMap<&'static str, u64>,
    pub(crate) total_micros: u64,
    pub(crate) p50_micros: u64,
    pub(crate) p99_micros: u64,
    pub(crate) worst_fuel: u64,
    pub(crate) worst_memory: u64,
    pub(crate) worst_micros: u64,
}

impl Stats {
    /// A call that ran, whatever came of it.
    pub(crate) fn ran(&self, used: &Used, took: Duration, good: bool) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.calls.fetch_add(1, Relaxed);
        self.total_micros.fetch_add(micros, Relaxed);
        raise(&self.worst_fuel, used.fuel);
        raise(&self.worst_memory, used.memory as u64);
        raise(&self.worst_micros, micros);
        self.histogram.count(micros);
        if good {
            self.good.fetch_add(1, Relaxed);
        }
        self.prove(took, good);
    }

    pub(crate) fn fault(&self, class: FaultClass) {
        if let Some(at) = CLASSES.iter().position(|known| *known == class) {
            self.faults[at].fetch_add(1, Relaxed);
        }
    }

    /// Quick for a good while: it may run where the caller runs.
    pub(crate) fn proven_quick(&self) -> bool {
        self.streak.load(Relaxed) >= PROVEN
    }

    pub(crate) fn good(&self) -> u64 {
        self.good.load(Relaxed)
    }

    pub(crate) fn calls(&self) -> u64 {
        self.calls.load(Relaxed)
    }

    pub(crate) fn read(&self) -> StatsSnapshot {
        let faults = CLASSES.iter().zip(&self.faults).map(|(class, count)| (class.as_str(), count.load(Relaxed)));
        StatsSnapshot {
            calls: self.calls(),
            good: self.good(),
            faults: faults.filter(|(_, count)| *count > 0).collect(),
            total_micros: self.total_micros.load(Relaxed),
            p50_micros: self.histogram.quantile(50),
            p99_micros: self.histogram.quantile(99),
            worst_fuel: self.worst_fuel.load(Relaxed),
            worst_memory: self.worst_memory.load(Relaxed),
            worst_micros: self.worst_micros.load(Relaxed),
        }
    }

    /// A lost race between two calls costs a step of the count, nothing more.
    fn prove(&self, took: Duration, good: bool) {
        let streak = self.streak.load(Relaxed);
        let next = match (good, took < QUICK) {
            (false, _) => 0,
            (true, true) => (streak + 1).min(2 * PROVEN),
            (true, false) => streak.saturating_sub(SLOW_COSTS),
        };
        if next != streak {
            self.streak.store(next, Relaxed);
        }
    }
}

fn raise(worst: &AtomicU64, seen: u64) {
    if seen > worst.load(Relaxed) {
        worst.fetch_max(seen, Relaxed);
    }
}

/// Counts by size: four buckets for each doubling, so that a quantile is right to a fifth.
struct Histogram([AtomicU64; 128]);

impl Default for Histogram {
    fn default() -> Self {
        Self(std::array::from_fn(|_| AtomicU64::new(0)))
    }
}

impl Histogram {
    fn count(&self, micros: u64) {
        self.0[bucket(micros)].fetch_add(1, Relaxed);
    }

    fn quantile(&self, percent: u64) -> u64 {
        let counts: Vec<u64> = self.0.iter().map(|count| count.load(Relaxed)).collect();
        let wanted = (counts.iter().sum::<u64>() * percent).div_ceil(100);
        let mut seen = 0;
        for (at, count) in counts.iter().enumerate() {
            seen += count;
            if seen >= wanted && seen > 0 {
                return upper(at);
            }
        }
        0
    }
}

fn bucket(micros: u64) -> usize {
    if micros < 4 {
        return usize::try_from(micros).unwrap_or(0);
    }
    let doubling = micros.ilog2();
    let quarter = (micros >> (doubling - 2)) & 3;
    (usize::try_from(quarter).unwrap_or(0) + (doubling as usize - 1) * 4).min(127)
}

/// The largest value of a bucket.
fn upper(bucket: usize) -> u64 {
    if bucket < 4 {
        return bucket as u64;
    }
    let (doubling, quarter) = (bucket / 4 + 1, bucket as u64 % 4);
    ((quarter + 5) << (doubling - 2)) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_right_to_a_fifth() {
        let histogram = Histogram::default();
        (1..=1_000).for_each(|micros| histogram.count(micros));
        for (percent, exact) in [(50, 500), (99, 990)] {
            let got = histogram.quantile(percent);
            assert!(got >= exact && got <= exact * 6 / 5, "p{percent}: {got}");
        }
        assert_eq!(Histogram::default().quantile(50), 0);
    }

    #[test]
    fn a_version_is_quick_after_a_good_while_and_a_fault_ends_that() {
        let stats = Stats::default();
        let quick = Duration::from_micros(20);
        (0..31).for_each(|_| stats.ran(&Used::default(), quick, true));
        assert!(!stats.proven_quick());
        (0..40).for_each(|_| stats.ran(&Used::default(), quick, true));
        assert!(stats.proven_quick());
        stats.ran(&Used::default(), Duration::from_millis(3), true);
        assert!(stats.proven_quick(), "one slow call is forgiven");
        stats.ran(&Used::default(), quick, false);
        assert!(!stats.proven_quick());
    }
}
