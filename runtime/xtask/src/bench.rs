//! `cargo xtask bench`: release builds, then the bench binary.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::plugins;
use crate::run::{cargo, program, run};

#[derive(Debug, clap::Args)]
pub(crate) struct Bench {
    /// Prints one JSON object instead of the table.
    #[arg(long)]
    json: bool,
    /// Shorter runs: a first impression, not a figure to quote.
    #[arg(long)]
    quick: bool,
    /// Only whole visits, and what else is named.
    #[arg(long)]
    visits: bool,
    /// How long visits are measured; beyond two minutes the first and the last one are told too.
    #[arg(long)]
    seconds: Option<f64>,
    /// Only visits with many stations connected, and what else is named: 1000, 5000 and 15000, or so many.
    #[arg(long, value_name = "COUNT,COUNT,…", num_args = 0..=1, require_equals = true)]
    stations: Option<Option<String>>,
    /// Only visits with a token that has a long history, and what else is named: 100000 past sessions, or so many.
    #[arg(long, value_name = "SESSIONS", num_args = 0..=1, require_equals = true)]
    history: Option<Option<String>>,
    /// Only lists over large books, and what else is named: of 1000000 sessions, or of so many.
    #[arg(long, value_name = "SESSIONS", num_args = 0..=1, require_equals = true)]
    lists: Option<Option<String>>,
    /// Only what a year leaves on disk, and what else is named: a month of 40 stations, or of so many.
    #[arg(long, value_name = "STATIONS", num_args = 0..=1, require_equals = true)]
    month: Option<Option<String>>,
    /// Only hardware without OCPP, and what else is named: 1000 boxes, or so many.
    #[arg(long, value_name = "BOXES", num_args = 0..=1, require_equals = true)]
    devices: Option<Option<String>>,
}

impl Bench {
    pub(crate) fn run(&self, root: &Path) -> Result<()> {
        plugins::build(root)?;
        run(cargo(root).args(["build", "--release", "--quiet", "-p", "amprule-server", "-p", "amprule-bench"]))?;
        let mut command = Command::new(program("release", "amprule-bench"));
        command.arg("run").arg("--amprule").arg(program("release", "amprule")).arg("--root").arg(root);
        if self.json {
            command.arg("--json");
        }
        if self.quick {
            command.arg("--quick");
        }
        if self.visits {
            command.arg("--visits");
        }
        if let Some(seconds) = self.seconds {
            command.arg("--seconds").arg(seconds.to_string());
        }
        let sized = [
            ("--stations", &self.stations),
            ("--history", &self.history),
            ("--lists", &self.lists),
            ("--month", &self.month),
            ("--devices", &self.devices),
        ];
        for (name, size) in sized {
            let with_size =
                |size: &Option<String>| size.as_ref().map_or(name.to_owned(), |size| format!("{name}={size}"));
            command.args(size.as_ref().map(with_size));
        }
        run(&mut command)
    }
}
