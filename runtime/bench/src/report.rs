//! The figures beside a raw echo, with the targets, and the targets of all measures.

use std::fmt;

use serde_json::Value;

use crate::figures::{Figures, rounded};
use crate::hooks::Timing;
use crate::idle::Idle;
use crate::overhead::Overhead;
use crate::ratio::{CONNECTIONS, Ratio};
use crate::reloads::Reloads;

#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) heartbeat: Ratio,
    pub(crate) meter_values: Ratio,
    pub(crate) meter_values_rhai: Ratio,
    pub(crate) meter_values_wasm: Ratio,
    pub(crate) transaction: Ratio,
    pub(crate) rhai: Timing,
    pub(crate) wasm: Timing,
    pub(crate) reloads: Reloads,
    pub(crate) rhai_overhead: Overhead,
    pub(crate) wasm_overhead: Overhead,
    pub(crate) idle: Idle,
}

/// What was promised: CPU per message over the echo's, KiB per idle connection, a call's time over a bare one's, and what
/// must not matter.
pub(crate) mod target {
    pub(super) const HEARTBEAT: f64 = 1.25;
    pub(super) const METER_VALUES: f64 = 2.6;
    pub(super) const METER_VALUES_WASM: f64 = 4.0;
    pub(super) const IDLE_KIB: f64 = 12.0;
    pub(super) const RELOAD_P99: f64 = 2.0;
    pub(super) const RHAI_OVERHEAD: f64 = 1.3;
    pub(super) const WASM_OVERHEAD: f64 = 1.5;
    /// How much more a message costs, however many stations are connected.
    pub(crate) const STATIONS_PERCENT: f64 = 15.0;
    /// How many times as much it costs, however long its token's history is. Wanted is the same; what is beyond 1 is the
    /// measurement's own noise.
    pub(crate) const HISTORY: f64 = 1.1;
    /// What a year of 5,000 stations leaves on disk.
    pub(crate) const YEAR_GIGABYTES: f64 = 25.0;
    /// For 1,000 devices that are polled once a second, and the memory of each.
    pub(crate) const DEVICE_CORES: f64 = 1.0;
    pub(crate) const DEVICE_KIB: f64 = 64.0;
    pub(crate) const DEVICE_KIB_WASM: f64 = 256.0;
    /// The 99th percentile of a list's time.
    pub(crate) const LIST_MILLIS: f64 = 50.0;
}

impl Figures for Report {
    fn add_to(&self, figures: &mut Value) {
        figures["connections"] = CONNECTIONS.into();
        for (name, figure) in [
            ("echoMicros", self.heartbeat.echo_micros),
            ("idleKibPerConnection1000", self.idle.at_1000),
            ("idleKibPerConnection5000", self.idle.at_5000),
            ("rhaiPriceMicros", self.rhai.p50_micros),
            ("rhaiPriceP99Micros", self.rhai.p99_micros),
            ("wasmPriceMicros", self.wasm.p50_micros),
            ("wasmPriceP99Micros", self.wasm.p99_micros),
        ] {
            figures[name] = rounded(figure).into();
        }
        figures["reloads"] = self.reloads.count.into();
        for (name, figure) in [
            ("reloadMillis", self.reloads.millis),
            ("reloadP99Micros", self.reloads.p99_micros),
            ("reloadP99Ratio", self.reloads.p99_ratio),
            ("reloadGrownKib", self.reloads.grown_kib),
        ] {
            figures[name] = rounded(figure).into();
        }
        figures["reloadGrownMappings"] = self.reloads.grown_mappings.into();
        for (name, overhead) in [("rhai", self.rhai_overhead), ("wasm", self.wasm_overhead)] {
            figures[format!("{name}OverheadRatio")] = rounded(overhead.ratio).into();
            figures[format!("{name}BareMicros")] = rounded(overhead.bare_micros).into();
            figures[format!("{name}HostMicros")] = rounded(overhead.host_micros).into();
        }
        for (name, ratio) in self.ratios() {
            figures[format!("{name}Ratio")] = rounded(ratio.ratio).into();
            figures[format!("{name}Micros")] = rounded(ratio.micros).into();
            figures[format!("{name}EchoMicros")] = rounded(ratio.echo_micros).into();
            figures[format!("{name}PerCpuSecond")] = (1e6 / ratio.micros).round().into();
            figures[format!("{name}PerSecond")] = ratio.per_second.round().into();
            figures[format!("{name}P50Micros")] = rounded(ratio.p50_micros).into();
            figures[format!("{name}P99Micros")] = rounded(ratio.p99_micros).into();
        }
    }
}

impl Report {
    fn ratios(&self) -> [(&'static str, &Ratio); 5] {
        [
            ("heartbeat", &self.heartbeat),
            ("meterValues", &self.meter_values),
            ("meterValuesRhai", &self.meter_values_rhai),
            ("meterValuesWasm", &self.meter_values_wasm),
            ("transaction", &self.transaction),
        ]
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "\n{CONNECTIONS} connections on loopback, one message outstanding each; medians of rounds that alternate with a raw echo\n"
        )?;
        writeln!(
            f,
            "{:<28} {:>9} {:>9} {:>7} {:>8} {:>12} {:>9} {:>9}",
            "", "CPU µs", "echo µs", "ratio", "at most", "msg/CPU-s", "p50 µs", "p99 µs"
        )?;
        let targets =
            [Some(target::HEARTBEAT), Some(target::METER_VALUES), None, Some(target::METER_VALUES_WASM), None];
        let names =
            ["Heartbeat", "MeterValues, durable", "  priced by Rhai", "  priced by WASM", "message of a transaction"];
        for ((name, target), (_, ratio)) in names.into_iter().zip(targets).zip(self.ratios()) {
            row(f, name, target, ratio)?;
        }
        writeln!(f)?;
        for (connections, kib) in [(1000, self.idle.at_1000), (5000, self.idle.at_5000)] {
            writeln!(f, "memory per idle connection at {connections}: {kib:.1} KiB (at most {:.0})", target::IDLE_KIB)?;
        }
        for (kind, timing) in [("Rhai", self.rhai), ("WASM", self.wasm)] {
            writeln!(
                f,
                "pricing hook alone, {kind}: p50 {:.0} µs, p99 {:.0} µs",
                timing.p50_micros, timing.p99_micros
            )?;
        }
        self.reloads.fmt(f)?;
        let (rhai, wasm) = ((self.rhai_overhead, target::RHAI_OVERHEAD), (self.wasm_overhead, target::WASM_OVERHEAD));
        for (kind, (overhead, most)) in [("Rhai", rhai), ("WASM", wasm)] {
            let Overhead { bare_micros, host_micros, ratio } = overhead;
            writeln!(
                f,
                "a price over ten periods, {kind}: {host_micros:.1} µs, {ratio:.2} times the {bare_micros:.1} µs of a bare call (at most {most})"
            )?;
        }
        Ok(())
    }
}

impl fmt::Display for Reloads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { count, millis, p99_micros, p99_ratio, grown_kib, grown_mappings } = self;
        let most = target::RELOAD_P99;
        writeln!(
            f,
            "{count} reloads under load, {millis:.0} ms each: p99 {p99_micros:.0} µs, {p99_ratio:.2} times that without (at most {most}); \
             {grown_kib:+.0} KiB and {grown_mappings:+} mappings by the second half"
        )
    }
}

fn row(f: &mut fmt::Formatter<'_>, name: &str, target: Option<f64>, ratio: &Ratio) -> fmt::Result {
    let target = target.map_or_else(String::new, |target| format!("{target:.2}"));
    writeln!(
        f,
        "{name:<28} {:>9.2} {:>9.2} {:>7.2} {target:>8} {:>12.0} {:>9.0} {:>9.0}",
        ratio.micros,
        ratio.echo_micros,
        ratio.ratio,
        1e6 / ratio.micros,
        ratio.p50_micros,
        ratio.p99_micros
    )
}
