//! A plugin that is replaced again and again while 200 stations charge one short session after the other, so that every
//! version is asked: what that costs them, and what it leaves behind.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};

use crate::hooks::Api;
use crate::load::Outcome;
use crate::measured::{Measured, Ready};
use crate::ratio::{CONNECTIONS, median};
use crate::traffic::Traffic;

#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Reloads {
    pub(crate) count: usize,
    /// From the file's last change to the new version's being active.
    pub(crate) millis: f64,
    pub(crate) p99_micros: f64,
    /// The 99th percentile of the stations' messages, over that of the same load without reloads.
    pub(crate) p99_ratio: f64,
    pub(crate) grown_kib: f64,
    pub(crate) grown_mappings: i64,
}

/// How many, and seconds of load for that many.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Series {
    pub(crate) count: usize,
    pub(crate) seconds: f64,
}

/// Old versions leave memory some seconds after they were last used.
const SETTLES: Duration = Duration::from_secs(45);
const PATIENCE: Duration = Duration::from_secs(10);

/// `unit` is the plugin's folder, which the server watches. The first half of the reloads warms what every later one
/// uses again, the pool of instances above all; what the second half leaves behind is counted.
pub(crate) fn measure(server: &Measured, api: &Api, unit: &Path, series: Series) -> Result<Reloads> {
    let half = Series { count: series.count / 2, seconds: series.seconds / 2.0 };
    let mut edited = Edited::open(api, unit)?;
    let (quiet, ()) = under_load(server, (half.seconds / 4.0).max(2.0), || Ok(()))?;
    let (_, mut millis) = under_load(server, half.seconds, || edited.many(half))?;
    thread::sleep(SETTLES);
    let (kib, mappings) = (server.resident_kib()?, server.mappings()?);
    let (busy, second) = under_load(server, half.seconds, || edited.many(half))?;
    thread::sleep(SETTLES);
    ensure!(api.faults()? == 0.0, "calls failed while the plugin was replaced");
    millis.extend(second);
    Ok(Reloads {
        count: millis.len(),
        millis: median(millis.into_iter()),
        p99_micros: f64::from(busy.p99_micros),
        p99_ratio: f64::from(busy.p99_micros) / f64::from(quiet.p99_micros),
        grown_kib: server.resident_kib()? - kib,
        grown_mappings: server.mappings()? - mappings,
    })
}

/// A message that fails ends the load with an error.
fn under_load<T>(server: &Measured, seconds: f64, work: impl FnOnce() -> Result<T>) -> Result<(Outcome, T)> {
    let ready = Ready::load(&server.url, Traffic::Transaction, CONNECTIONS, seconds, "reloads")?;
    let load = thread::spawn(move || ready.go());
    let done = work()?;
    let outcome = load.join().map_err(|_| anyhow!("the load's thread failed"))?.context("the load failed")?;
    Ok((outcome, done))
}

/// A manifest whose version counts upwards.
struct Edited<'a> {
    api: &'a Api,
    unit: &'a Path,
    manifest: String,
    version: usize,
}

impl<'a> Edited<'a> {
    fn open(api: &'a Api, unit: &'a Path) -> Result<Self> {
        let manifest = std::fs::read_to_string(unit.join("plugin.toml"))?;
        Ok(Self { api, unit, manifest, version: 0 })
    }

    fn many(&mut self, series: Series) -> Result<Vec<f64>> {
        let began = Instant::now();
        let mut millis = Vec::with_capacity(series.count);
        while millis.len() < series.count && began.elapsed().as_secs_f64() < series.seconds {
            millis.push(self.replace()?);
        }
        Ok(millis)
    }

    /// Saves as an editor does, and waits until the new version is active.
    fn replace(&mut self) -> Result<f64> {
        self.version += 1;
        let version = format!("1.{}.0", self.version);
        let (text, temporary) = (with_version(&self.manifest, &version), self.unit.join(".plugin.toml.new"));
        std::fs::write(&temporary, text)?;
        std::fs::rename(&temporary, self.unit.join("plugin.toml"))?;
        let saved = Instant::now();
        while self.api.version()? != version {
            ensure!(saved.elapsed() < PATIENCE, "version {version} is not active after {PATIENCE:?}");
            thread::sleep(Duration::from_millis(5));
        }
        Ok(saved.elapsed().as_secs_f64() * 1e3)
    }
}

fn with_version(manifest: &str, version: &str) -> String {
    let line =
        |line: &str| if line.starts_with("version =") { format!("version = \"{version}\"") } else { line.to_owned() };
    manifest.lines().map(line).collect::<Vec<_>>().join("\n") + "\n"
}
