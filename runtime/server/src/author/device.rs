//! `amprule device`: a driver at real hardware, before anything depends on it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use amprule_devices::look;
use amprule_domain::Decimal;
use amprule_domain::ports::Clock as _;
use amprule_hooks::driver::Shall;
use amprule_wires::WireAddress;
use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use serde_json::json;

use super::open;
use crate::compilers::Patience;
use crate::environment::SystemClock;
use crate::output::{say, say_json};

#[derive(Debug, Args)]
pub(crate) struct Device {
    #[command(subcommand)]
    command: DeviceCommand,
}

#[derive(Debug, Subcommand)]
enum DeviceCommand {
    /// One turn of a driver at real hardware: it is read, and what would be written is shown and held back
    Try(Try),
}

#[derive(Debug, Args)]
struct Try {
    /// A driver's folder
    #[arg(value_name = "PATH", default_value = ".")]
    path: PathBuf,
    /// Where a wire leads: main=modbus-tcp://192.168.1.20:502?unit=255
    #[arg(long = "wire", value_name = "NAME=ADDRESS", value_parser = wire, required = true)]
    wires: Vec<(String, WireAddress)>,
    /// As for a car that may charge
    #[arg(long)]
    on: bool,
    /// With a limit for each phase
    #[arg(long = "limit", value_name = "AMPERES", value_parser = amperes)]
    limit_deciamperes: Option<u32>,
    /// For programs
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    patience: Patience,
}

fn wire(text: &str) -> Result<(String, WireAddress), String> {
    let (name, address) = text.split_once('=').ok_or("write it as main=modbus-tcp://HOST:PORT")?;
    Ok((name.to_owned(), WireAddress::parse(address).map_err(|why| why.to_string())?))
}

/// In tenths, rounded down.
fn amperes(text: &str) -> Result<u32, String> {
    let tenths = text.parse::<Decimal>().ok().and_then(|amperes| u32::try_from((amperes * Decimal::TEN).floor()).ok());
    tenths.ok_or_else(|| "write amperes as 16 or 10.5".to_owned())
}

pub(crate) fn run(options: &Device) -> Result<ExitCode> {
    let DeviceCommand::Try(options) = &options.command;
    let version = Arc::new(open(&options.path, options.patience)?.version);
    let wires: BTreeMap<_, _> = options.wires.iter().cloned().collect();
    let shall = Shall { be_on: options.on, most_deciamperes: options.limit_deciamperes };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("start a runtime")?;
    let looked = runtime.block_on(look(&version, &wires, shall, SystemClock.now()));
    let looked = looked.with_context(|| format!("a turn of {} came to nothing", version.manifest.id))?;
    let mut seen = match &looked.readings {
        Some(readings) => json!(readings),
        None => looked.seen.json(),
    };
    if options.json {
        seen["heldBack"] = json!(looked.held_back);
        say_json(&seen)?;
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(members) = seen.as_object() {
        for (name, value) in members.iter().filter(|(_, value)| !value.is_null()) {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            say(format!("{name:12} {value}"));
        }
    }
    for held_back in &looked.held_back {
        say(format!("held back    {held_back}"));
    }
    Ok(ExitCode::SUCCESS)
}
