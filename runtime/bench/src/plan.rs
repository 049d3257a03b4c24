//! What is measured, in which order, with which units.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use crate::hooks::{Api, Timing};
use crate::idle;
use crate::measured::Measured;
use crate::overhead;
use crate::ratio::{CONNECTIONS, Ratio, Rounds, serve};
use crate::reloads::{self, Reloads, Series};
use crate::report::Report;
use crate::traffic::{self, Traffic};
use crate::visits;

#[derive(Debug, clap::Args)]
pub(crate) struct Plan {
    /// The server's binary, built in release.
    #[arg(long)]
    amprule: PathBuf,
    /// The repository, for its scripts and plugins.
    #[arg(long)]
    root: PathBuf,
    /// One JSON object and nothing else.
    #[arg(long)]
    json: bool,
    /// Shorter runs.
    #[arg(long)]
    quick: bool,
    /// Whole visits and nothing else.
    #[arg(long, conflicts_with = "json")]
    visits: bool,
    /// How long visits are measured; ten minutes show filing and checkpoints at work.
    #[arg(long)]
    seconds: Option<f64>,
}

/// The units that price in the bench: each the product's time-of-use example of its kind.
const SCRIPT: &str = "scripts/time-of-use";
const PLUGIN: &str = "plugins/night-rate";
/// What prices and decides in whole visits.
const OPERATOR: [&str; 3] = ["scripts/flat-tariff", "scripts/opening-hours", "scripts/token-table"];

impl Plan {
    pub(crate) fn run(self) -> Result<()> {
        let rounds = if self.quick { Rounds { rounds: 1, seconds: 2.0 } } else { Rounds { rounds: 5, seconds: 3.0 } };
        let mut report = Report::default();
        self.say("whole visits");
        let bed = Bed::make(&self, &OPERATOR)?;
        (0..CONNECTIONS).try_for_each(|number| bed.api.accept(&traffic::token(number)))?;
        let seconds = self.seconds.unwrap_or(if self.quick { 5.0 } else { 20.0 });
        report.visits = visits::measure(bed.server, &bed.folder.path().join("data"), seconds)?;
        if self.visits {
            println!("{}", report.visits);
            return Ok(());
        }
        let plain = Bed::make(&self, &[])?;
        report.heartbeat = self.tell("Heartbeat", &plain, rounds, Traffic::Heartbeat)?;
        report.meter_values = self.tell("MeterValues", &plain, rounds, Traffic::MeterValues)?;
        drop(plain);
        // A fresh server: readings leave sessions open, and a start counts the token's open ones.
        report.transaction = self.tell("transactions", &Bed::make(&self, &[])?, rounds, Traffic::Transaction)?;
        (report.meter_values_rhai, report.rhai) = self.priced("MeterValues priced by Rhai", SCRIPT, rounds)?;
        (report.meter_values_wasm, report.wasm) = self.priced("MeterValues priced by WASM", PLUGIN, rounds)?;
        self.say("reloads under load");
        report.reloads = self.reloads()?;
        self.say("the host around a call");
        report.rhai_overhead = overhead::of_script(&self.root.join(SCRIPT))?;
        report.wasm_overhead = overhead::of_plugin(&self.root.join(PLUGIN))?;
        self.say("idle connections");
        report.idle = idle::measure(&self.amprule, TempDir::new()?.path())?;
        if self.json {
            println!("{}", report.json());
        } else {
            println!("{report}");
        }
        Ok(())
    }

    fn tell(&self, what: &str, bed: &Bed, rounds: Rounds, traffic: Traffic) -> Result<Ratio> {
        self.say(what);
        rounds.against_echo(&bed.server, traffic).with_context(|| format!("measure {what}"))
    }

    fn priced(&self, what: &str, unit: &str, rounds: Rounds) -> Result<(Ratio, Timing)> {
        let bed = Bed::make(self, &[unit])?;
        let ratio = self.tell(what, &bed, rounds, Traffic::MeterValues)?;
        let timing = bed.api.pricing().with_context(|| format!("ask how long {unit} took"))?;
        Ok((ratio, timing))
    }

    fn reloads(&self) -> Result<Reloads> {
        let bed = Bed::make(self, &[PLUGIN])?;
        let series =
            if self.quick { Series { count: 50, seconds: 30.0 } } else { Series { count: 500, seconds: 200.0 } };
        reloads::measure(&bed.server, &bed.api, &bed.folder.path().join(PLUGIN), series)
    }

    fn say(&self, what: &str) {
        if !self.json {
            println!("measuring {what} …");
        }
    }
}

/// A server with a few units, in folders that go away with it.
struct Bed {
    server: Measured,
    api: Api,
    folder: TempDir,
}

impl Bed {
    fn make(plan: &Plan, units: &[&str]) -> Result<Self> {
        let folder = TempDir::with_prefix("amprule-bench-")?;
        for unit in units {
            install(&plan.root.join(unit), &folder.path().join(unit))?;
        }
        let mut server = serve(&plan.amprule, folder.path())?;
        let api = Api::new(server.address("api")?, &folder.path().join("data"))?;
        api.accept(traffic::TOKEN)?;
        Ok(Self { server, api, folder })
    }
}

/// Copies a unit's own files, without sources and build descriptions.
fn install(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    let mut copied = 0;
    for entry in std::fs::read_dir(from).with_context(|| format!("read {}", from.display()))? {
        let entry = entry?;
        if entry.file_type()?.is_file() && entry.file_name() != "Cargo.toml" {
            std::fs::copy(entry.path(), to.join(entry.file_name()))?;
            copied += 1;
        }
    }
    if copied == 0 {
        bail!("{} has no files", from.display());
    }
    Ok(())
}
