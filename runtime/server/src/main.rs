//! The `amprule` command: everything is wired here, with the real clock, real ids and real sockets.

mod author;
mod caches;
mod campaigns;
mod certificates;
mod chains;
mod check;
mod cli;
mod compiled;
mod compilers;
mod config;
mod contracts;
mod control;
mod devices;
mod doors;
mod environment;
mod explain;
mod extensions;
mod feeds;
mod files;
mod fleet;
mod forwards;
mod gate;
mod given;
mod install;
mod key;
mod listeners;
mod lists;
mod lookups;
mod metrics;
mod numbers;
mod output;
mod pack;
mod prices;
mod program;
mod quirks;
mod remote;
mod renewals;
mod replay;
mod secrets;
mod serve;
mod session;
mod shadow;
mod show_sites;
mod sign;
mod simulate;
mod sites;
mod telemetry;
mod tls;
mod token;
mod verify;
mod webhooks;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Cli, Command};

/// Messages are allocated by one thread and freed by another all day long; the system's allocator spends a tenth of the
/// server's time on that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Serve(options) => serve::run(options),
        Command::Check(options) => check::run(&options),
        Command::New(options) => author::new::run(&options),
        Command::Dev(options) => author::dev::run(&options),
        Command::Test(options) => author::test::run(&options),
        Command::Offer(options) => author::offer::run(&options),
        Command::Device(options) => author::device::run(&options),
        Command::Bench(options) => author::bench::run(&options),
        Command::Build(options) => author::build::run(&options),
        Command::Definitions(options) => author::editor::definitions(&options),
        Command::Schema(options) => author::editor::schema(&options),
        Command::Pack(options) => pack::run(&options),
        Command::Key(options) => key::run(options),
        Command::Sign(options) => sign::run(&options),
        Command::Verify(options) => verify::run(&options),
        Command::Install(options) => install::run(&options),
        Command::Simulate(options) => simulate::run(options),
        Command::Explain(options) => explain::run(&options),
        Command::Extensions(options) => extensions::list(&options),
        Command::Chains(options) => chains::run(&options),
        Command::Activate(options) => extensions::activate(&options),
        Command::Rollback(options) => extensions::rollback(&options),
        Command::Pin(options) => extensions::order("pin", &options),
        Command::Unpin(options) => extensions::order("unpin", &options),
        Command::Approve(options) => extensions::approve(&options),
        Command::Shadow(options) => shadow::run(&options),
        Command::Replay(options) => replay::run(&options),
        Command::Devices(options) => devices::run(&options),
        Command::Sites(options) => show_sites::run(&options),
        Command::Session(options) => session::run(&options),
        Command::Token(options) => token::run(&options),
        Command::CompileComponent(given) => compilers::compile_alone(given),
    };
    outcome.unwrap_or_else(|error| {
        output::complain(&error);
        ExitCode::FAILURE
    })
}
