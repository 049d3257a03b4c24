//! `cargo xtask test`: every check, in the order in which a person wants to hear of them.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::run::{EVERYTHING, cargo, program, run};
use crate::{compilers, dependencies, guests, plugins, python, suite};

#[derive(Debug, clap::Args)]
pub(crate) struct Check {
    /// Also runs the slow tests, as CI=true does, and builds cargo-deny when it is missing.
    #[arg(long)]
    full: bool,
    /// Goes on after a step that failed.
    #[arg(long)]
    keep_going: bool,
}

/// What a step came to.
pub(crate) enum Outcome {
    Passed,
    /// These tests passed alone, at the second try.
    Unsteady(Vec<String>),
    /// Why it was left out, as a sentence.
    Skipped(String),
}

struct Step {
    name: &'static str,
    check: fn(&Path, bool) -> Result<Outcome>,
}

const STEPS: [Step; 8] = [
    Step { name: "format", check: format },
    Step { name: "plugins", check: plugins },
    Step { name: "lints", check: lints },
    Step { name: "real clients", check: real_clients },
    Step { name: "build", check: build },
    Step { name: "guests", check: guests },
    Step { name: "tests", check: tests },
    Step { name: "dependencies", check: dependencies::check },
];

impl Check {
    pub(crate) fn run(&self, root: &Path) -> Result<()> {
        let mut lines = Vec::new();
        let mut failed = false;
        for step in &STEPS {
            if failed && !self.keep_going {
                lines.push(format!("  not run  {}", step.name));
                continue;
            }
            let line = take(step, root, self.full);
            failed |= line.starts_with("  FAILED");
            lines.push(line);
        }
        println!("\n== summary\n{}", lines.join("\n"));
        if failed {
            bail!("a check failed; its heading is above");
        }
        Ok(())
    }
}

fn take(step: &Step, root: &Path, full: bool) -> String {
    println!("\n== {}", step.name);
    let started = Instant::now();
    let outcome = (step.check)(root, full);
    let took = seconds(started.elapsed());
    match outcome {
        Ok(Outcome::Passed) => format!("  passed   {} ({took})", step.name),
        Ok(Outcome::Unsteady(tests)) => {
            format!("  unsteady {} ({took}): passed only with nothing beside it: {}", step.name, tests.join(", "))
        }
        Ok(Outcome::Skipped(why)) => {
            println!("{why}");
            format!("  skipped  {}: {why}", step.name)
        }
        Err(error) => {
            println!("{error:#}");
            format!("  FAILED   {} ({took}): {error:#}", step.name)
        }
    }
}

fn seconds(took: Duration) -> String {
    format!("{:.1} s", took.as_secs_f64())
}

fn format(root: &Path, _full: bool) -> Result<Outcome> {
    run(cargo(root).args(["fmt", "--all", "--check"]))?;
    Ok(Outcome::Passed)
}

fn plugins(root: &Path, _full: bool) -> Result<Outcome> {
    plugins::build(root)?;
    Ok(Outcome::Passed)
}

fn lints(root: &Path, _full: bool) -> Result<Outcome> {
    run(cargo(root).arg("clippy").args(EVERYTHING).args(["--", "-D", "warnings"]))?;
    Ok(Outcome::Passed)
}

fn real_clients(root: &Path, _full: bool) -> Result<Outcome> {
    python::ensure(root)?;
    Ok(Outcome::Passed)
}

fn build(root: &Path, _full: bool) -> Result<Outcome> {
    run(cargo(root).arg("build").args(EVERYTHING))?;
    Ok(Outcome::Passed)
}

/// The example in JavaScript and Python takes minutes to fetch, build and compile: in the full run only.
fn guests(root: &Path, full: bool) -> Result<Outcome> {
    guests::build_plugins(root)?;
    if full {
        guests::build_all(root)?;
    } else {
        guests::build_small(root)?;
    }
    Ok(Outcome::Passed)
}

/// The harness is told which binary to start, so that it does not build one with other features, and the tests find a compiler for C.
fn tests(root: &Path, full: bool) -> Result<Outcome> {
    let unsteady = suite::run(root, |command| {
        command.env("AMPRULE_BINARY", program("debug", "amprule")).env("NEEDS_C", "1");
        if full {
            command.env("RUN_SLOW", "1");
        }
        compilers::require(root, command)
    })?;
    Ok(if unsteady.is_empty() { Outcome::Passed } else { Outcome::Unsteady(unsteady) })
}
