//! What the server costs, against a raw WebSocket echo of the same bytes in the same minute.
//!
//! Three processes: the one that is measured (the server, or our echo), the load, and the one that reads the clocks.
//! So the CPU time of the measured process is its own work and nothing else.

#![expect(clippy::print_stdout, reason = "a command line tool prints its figures")]
#![expect(clippy::print_stderr, reason = "how far a long preparation has come is no figure")]

use anyhow::Result;
use clap::{Parser, Subcommand};

mod bed;
mod devices;
mod echo;
mod figures;
mod history;
mod hooks;
mod idle;
mod lists;
mod load;
mod measured;
mod minutes;
mod month;
mod overhead;
mod past;
mod plan;
mod prepare;
mod ratio;
mod reloads;
mod report;
mod room;
mod secured;
mod stations;
mod storm;
mod traffic;
mod visits;

#[derive(Debug, Parser)]
#[command(name = "amprule-bench")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Measures everything and prints it.
    Run(plan::Plan),
    /// Measures what the host adds to a call, and nothing else.
    Overhead(overhead::Units),
    /// The floor: answers every message with a text of a given size.
    Echo(echo::Echo),
    /// The floor of a storm: TLS handshakes and nothing else.
    Secured(secured::Secured),
    /// The floor of devices: boxes are asked and nothing else is done.
    Ask(devices::Asker),
    /// Many boxes without OCPP.
    Boxes(devices::Boxes),
    /// Many stations, each with one message outstanding.
    Load(load::Load),
    /// Many stations lose their connections at once and come back within seconds.
    Storm(storm::Storm),
}

fn main() -> Result<()> {
    match Cli::parse().command {
        Command::Run(plan) => plan.run(),
        Command::Overhead(units) => units.run(),
        Command::Echo(echo) => runtime()?.block_on(echo.run()),
        Command::Secured(secured) => runtime()?.block_on(secured.run()),
        Command::Ask(asker) => runtime()?.block_on(asker.run()),
        Command::Boxes(boxes) => runtime()?.block_on(boxes.run()),
        Command::Storm(storm) => storm.run(),
        Command::Load(load) => runtime()?.block_on(load.run()),
    }
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}
