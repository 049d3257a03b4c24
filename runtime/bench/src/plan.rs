//! What is measured, in which order, with which units.

use std::path::PathBuf;

use anyhow::{Context, Result};
use serde_json::json;
use tempfile::TempDir;

use crate::bed::{Bed, Ground};
use crate::figures::Figures;
use crate::hooks::Timing;
use crate::ratio::{Ratio, Rounds};
use crate::reloads::{self, Reloads, Series};
use crate::report::Report;
use crate::traffic::{self, Traffic};
use crate::{devices, history, idle, lists, month, overhead, stations, visits};

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
    /// Only single messages beside the echo, reloads, calls and idle connections, and what else is named.
    #[arg(long)]
    echo: bool,
    /// Only whole visits, and what else is named.
    #[arg(long)]
    visits: bool,
    /// How long visits are measured; ten minutes show filing and checkpoints at work.
    #[arg(long)]
    seconds: Option<f64>,
    /// Only visits with many stations connected, and what else is named: 1000, 5000 and 15000, or so many.
    #[arg(long, value_name = "COUNT", value_delimiter = ',', num_args = 0.., require_equals = true)]
    stations: Option<Vec<usize>>,
    /// Only visits with a token that has a long history, and what else is named: 100000 past sessions, or so many.
    #[arg(long, value_name = "SESSIONS", num_args = 0..=1, require_equals = true)]
    #[arg(value_parser = clap::value_parser!(i64).range(1..))]
    history: Option<Option<i64>>,
    /// Only lists over large books, and what else is named: of 1000000 sessions, or of so many.
    #[arg(long, value_name = "SESSIONS", num_args = 0..=1, require_equals = true)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..))]
    lists: Option<Option<u64>>,
    /// Only what a year leaves on disk, and what else is named: a month of 40 stations, or of so many.
    #[arg(long, value_name = "STATIONS", num_args = 0..=1, require_equals = true)]
    month: Option<Option<usize>>,
    /// Only hardware without OCPP, and what else is named: 1000 boxes, or so many.
    #[arg(long, value_name = "BOXES", num_args = 0..=1, require_equals = true)]
    devices: Option<Option<usize>>,
}

/// The units that price in the bench: each the product's time-of-use example of its kind.
const SCRIPT: &str = "scripts/time-of-use";
const PLUGIN: &str = "plugins/night-rate";

/// How large each measure is when nobody says otherwise.
struct Sizes {
    visit_seconds: f64,
    stations: &'static [usize],
    many: Rounds,
    past: i64,
    sessions: u64,
    month: usize,
    devices: (usize, f64),
}

const WHOLE: Sizes = Sizes {
    visit_seconds: 20.0,
    stations: &[1_000, 5_000, 15_000],
    many: Rounds { rounds: 3, seconds: 15.0 },
    past: 100_000,
    sessions: 1_000_000,
    month: 40,
    devices: (1_000, 30.0),
};
const QUICK: Sizes = Sizes {
    visit_seconds: 5.0,
    stations: &[1_000, 3_000],
    many: Rounds { rounds: 1, seconds: 5.0 },
    past: 10_000,
    sessions: 50_000,
    month: 4,
    devices: (200, 10.0),
};

impl Plan {
    pub(crate) fn run(self) -> Result<()> {
        let named = [
            self.visits,
            self.stations.is_some(),
            self.history.is_some(),
            self.lists.is_some(),
            self.month.is_some(),
            self.devices.is_some(),
        ];
        let measures: Vec<Measure> =
            Measure::ALL.into_iter().zip(named).filter_map(|(measure, is_named)| is_named.then_some(measure)).collect();
        let is_whole = measures.is_empty() && !self.echo;
        let mut all: Vec<Box<dyn Figures>> = Vec::new();
        if self.echo || is_whole {
            all.push(Box::new(self.beside_echo()?));
        }
        for measure in if is_whole { Measure::ALL.to_vec() } else { measures } {
            all.push(self.measure(measure)?);
        }
        if self.json {
            let mut figures = json!({});
            all.iter().for_each(|measured| measured.add_to(&mut figures));
            println!("{figures}");
        } else {
            all.iter().for_each(|measured| println!("{measured}"));
        }
        Ok(())
    }

    fn measure(&self, measure: Measure) -> Result<Box<dyn Figures>> {
        self.say(measure.name());
        let (ground, sizes) = (self.ground(), if self.quick { QUICK } else { WHOLE });
        let measured: Box<dyn Figures> = match measure {
            Measure::Visits => Box::new(visits::measure(ground, self.seconds.unwrap_or(sizes.visit_seconds))?),
            Measure::Stations => {
                let given = self.stations.as_deref().filter(|given| !given.is_empty());
                Box::new(stations::measure(ground, given.unwrap_or(sizes.stations), sizes.many)?)
            }
            Measure::History => {
                Box::new(history::measure(ground, self.history.flatten().unwrap_or(sizes.past), sizes.many.rounds)?)
            }
            Measure::Lists => Box::new(lists::measure(ground, self.lists.flatten().unwrap_or(sizes.sessions))?),
            Measure::Month => Box::new(month::measure(ground, self.month.flatten().unwrap_or(sizes.month))?),
            Measure::Devices => {
                let (count, seconds) = sizes.devices;
                Box::new(devices::measure(ground, self.devices.flatten().unwrap_or(count), seconds)?)
            }
        };
        Ok(measured)
    }

    /// The server against a raw echo, and what belongs to one message, one unit or one connection.
    fn beside_echo(&self) -> Result<Report> {
        let rounds = if self.quick { Rounds { rounds: 1, seconds: 2.0 } } else { Rounds { rounds: 5, seconds: 3.0 } };
        let mut report = Report::default();
        let plain = self.ground().bed(&[])?;
        report.heartbeat = self.tell("Heartbeat", &plain, rounds, Traffic::Heartbeat)?;
        report.meter_values = self.tell("MeterValues", &plain, rounds, Traffic::MeterValues)?;
        drop(plain);
        // A fresh server: readings leave sessions open, and a start counts the token's open ones.
        report.transaction = self.tell("transactions", &self.ground().bed(&[])?, rounds, Traffic::Transaction)?;
        (report.meter_values_rhai, report.rhai) = self.priced("MeterValues priced by Rhai", SCRIPT, rounds)?;
        (report.meter_values_wasm, report.wasm) = self.priced("MeterValues priced by WASM", PLUGIN, rounds)?;
        self.say("reloads under load");
        report.reloads = self.reloads()?;
        self.say("the host around a call");
        report.rhai_overhead = overhead::of_script(&self.root.join(SCRIPT))?;
        report.wasm_overhead = overhead::of_plugin(&self.root.join(PLUGIN))?;
        self.say("idle connections");
        report.idle = idle::measure(&self.amprule, TempDir::new()?.path())?;
        Ok(report)
    }

    fn tell(&self, what: &str, bed: &Bed, rounds: Rounds, traffic: Traffic) -> Result<Ratio> {
        self.say(what);
        rounds.against_echo(&bed.server, traffic).with_context(|| format!("measure {what}"))
    }

    fn priced(&self, what: &str, unit: &str, rounds: Rounds) -> Result<(Ratio, Timing)> {
        let bed = self.ground().bed(&[unit])?;
        // A price that nobody needs is not asked for, and a budget needs it.
        bed.api.limit(traffic::TOKEN)?;
        let ratio = self.tell(what, &bed, rounds, Traffic::MeterValues)?;
        let timing = bed.api.pricing().with_context(|| format!("ask how long {unit} took"))?;
        Ok((ratio, timing))
    }

    fn reloads(&self) -> Result<Reloads> {
        let bed = self.ground().bed(&[PLUGIN])?;
        let series =
            if self.quick { Series { count: 50, seconds: 30.0 } } else { Series { count: 500, seconds: 200.0 } };
        reloads::measure(&bed.server, &bed.api, &bed.folder.path().join(PLUGIN), series)
    }

    fn ground(&self) -> Ground<'_> {
        Ground { amprule: &self.amprule, root: &self.root }
    }

    fn say(&self, what: &str) {
        if !self.json {
            println!("measuring {what} …");
        }
    }
}

/// A measure that can be had alone.
#[derive(Debug, Clone, Copy)]
enum Measure {
    Visits,
    Stations,
    History,
    Lists,
    Month,
    Devices,
}

impl Measure {
    const ALL: [Self; 6] = [Self::Visits, Self::Stations, Self::History, Self::Lists, Self::Month, Self::Devices];

    fn name(self) -> &'static str {
        match self {
            Self::Visits => "whole visits",
            Self::Stations => "visits with many stations connected",
            Self::History => "visits with a token that has a long history",
            Self::Lists => "lists over large books",
            Self::Month => "what a month leaves on disk",
            Self::Devices => "hardware without OCPP",
        }
    }
}
