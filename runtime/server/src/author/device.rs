//! `amprule device`: a driver at real hardware before anything depends on it, and far from any. One file for each command.

mod case;
mod record;
mod replay;
pub(super) mod simulate;
mod try_it;

use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use amprule_devices::fits;
use amprule_devices::tape::{self, Turn};
use amprule_domain::Decimal;
use amprule_hooks::Version;
use amprule_hooks::driver::Shall;
use amprule_reload::read_file;
use amprule_wires::{Addresses, WireAddress};
use anyhow::{Context, Result, anyhow};
use clap::{Args, Subcommand};

use crate::compilers::Patience;

#[derive(Debug, Args)]
pub(crate) struct Device {
    #[command(subcommand)]
    command: DeviceCommand,
}

#[derive(Debug, Subcommand)]
enum DeviceCommand {
    /// One turn of a driver at real hardware: it is read, and what would be written is shown and held back
    Try(try_it::Try),
    /// Turns of a driver at real hardware, at its pace, into a tape: what it asks, what the hardware answers, what comes of it
    ///
    /// What it writes is held back, unless --switch says that the hardware shall be switched. It is switched off at the end then.
    Record(record::Record),
    /// Ask a driver again what a tape has, and show each turn that it makes otherwise
    ///
    /// Exit status: 0 when every turn is the same, 1 when one is not.
    Replay(replay::Replay),
    /// Print a turn of a tape as a case of its driver
    Case(case::Case),
    /// What a station would say, and what would be written, if a device showed a driver's cases one after the other
    Simulate(simulate::Simulate),
}

/// A driver, the hardware that it is held to, and what shall be so.
#[derive(Debug, Args)]
struct At {
    /// A driver's folder
    #[arg(value_name = "PATH", default_value = ".")]
    path: PathBuf,
    /// Where a wire leads: main=modbus-tcp://192.168.1.20:502?unit=255
    #[arg(long = "wire", value_name = "NAME=ADDRESS", value_parser = wire, required = true)]
    wires: Vec<Given>,
    /// As for a car that may charge
    #[arg(long)]
    on: bool,
    /// With a limit for each phase
    #[arg(long = "limit", value_name = "AMPERES", value_parser = amperes)]
    limit_deciamperes: Option<u32>,
    #[command(flatten)]
    patience: Patience,
}

impl At {
    /// Each that its driver speaks over, and no other.
    fn wires(&self, version: &Arc<Version>) -> Result<Addresses> {
        let wires = self.wires.iter().map(|Given(given)| given.clone().map_err(anyhow::Error::msg));
        let wires: Addresses = wires.collect::<Result<_>>().context("--wire")?;
        fits(version, &wires).map_err(|why| anyhow!("--wire {why}; write it as --wire NAME=ADDRESS"))?;
        Ok(wires)
    }

    fn shall(&self) -> Shall {
        Shall { be_on: self.on, most_deciamperes: self.limit_deciamperes, ..Shall::default() }
    }
}

/// One that is wrong is told later, and in our own words: whoever parses options shows what was given, with its password.
#[derive(Debug, Clone)]
struct Given(Result<(String, Box<WireAddress>), String>);

fn wire(text: &str) -> Result<Given, Infallible> {
    let given = text.split_once('=').ok_or_else(|| "write it as main=modbus-tcp://HOST:PORT".to_owned());
    Ok(Given(given.and_then(|(name, address)| {
        let address = WireAddress::parse(address).map_err(|why| format!("{name}: {why}"))?;
        Ok((name.to_owned(), Box::new(address)))
    })))
}

/// In tenths, rounded down.
fn amperes(text: &str) -> Result<u32, String> {
    let tenths = text.parse::<Decimal>().ok().and_then(|amperes| u32::try_from((amperes * Decimal::TEN).floor()).ok());
    tenths.ok_or_else(|| "write amperes as 16 or 10.5".to_owned())
}

pub(crate) fn run(options: &Device) -> Result<ExitCode> {
    match &options.command {
        DeviceCommand::Try(options) => try_it::run(options),
        DeviceCommand::Record(options) => record::run(options),
        DeviceCommand::Replay(options) => replay::run(options),
        DeviceCommand::Case(options) => case::run(options),
        DeviceCommand::Simulate(options) => simulate::run(options),
    }
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().context("start a runtime")
}

/// The turns of a tape, with the numbers of their lines.
fn tape_at(path: &Path) -> Result<Vec<(usize, Turn)>> {
    let bytes = read_file(path, tape::MOST_BYTES).with_context(|| format!("read {}", path.display()))?;
    let text = String::from_utf8(bytes).with_context(|| format!("{} is no text", path.display()))?;
    tape::read(&text).map_err(anyhow::Error::msg).with_context(|| format!("{} is no tape", path.display()))
}

/// For people: what shall be so.
fn wanted(shall: Shall) -> String {
    match (shall.be_on, shall.most_deciamperes) {
        (false, _) => "off".to_owned(),
        (true, None) => "on".to_owned(),
        (true, Some(limit)) => format!("on with {} A", Decimal::new(limit.into(), 1).normalize()),
    }
}
