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
    /// Whole visits and nothing else.
    #[arg(long, conflicts_with = "json")]
    visits: bool,
    /// How long visits are measured.
    #[arg(long)]
    seconds: Option<f64>,
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
        run(&mut command)
    }
}
