//! `cargo xtask …`: the only development automation of this repository.
//!
//! It builds, starts and checks; it never knows how anything is done inside the crates.

#![expect(clippy::print_stdout, reason = "a command line tool talks to people through its output")]

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};

mod bench;
mod check;
mod children;
mod compilers;
mod demo;
mod dependencies;
mod guests;
mod museum;
mod plugins;
mod python;
mod run;
mod suite;

/// Development commands of Amprule.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Starts a server, its example scripts and plugins, and a small fleet of simulated stations.
    Demo(demo::Demo),
    /// Runs every check: format, lints, plugins, tests, real clients, dependencies.
    Test(check::Check),
    /// Measures the server against a raw WebSocket echo, in release builds.
    Bench(bench::Bench),
    /// Builds every plugin of plugins/ in Rust as a component.
    Plugins,
    /// Builds the plugins of plugins/ in C, and the example in every language for which this machine has the tools, and names those that are missing.
    Guests(guests::Guests),
    /// Keeps compiled plugins of every released contract, which the tests load.
    #[command(subcommand)]
    Museum(museum::Museum),
}

fn main() -> Result<()> {
    let root = root()?;
    match Cli::parse().command {
        Command::Demo(demo) => demo.run(&root),
        Command::Test(check) => check.run(&root),
        Command::Bench(bench) => bench.run(&root),
        Command::Plugins => plugins::build(&root),
        Command::Guests(guests) => guests.run(&root),
        Command::Museum(museum) => museum.run(&root),
    }
}

/// The repository's top folder: this crate lies two levels below it.
fn root() -> Result<PathBuf> {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .map(Path::to_path_buf)
        .context("find the repository's top folder above the xtask crate")
}
