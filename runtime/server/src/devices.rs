//! `amprule devices`: how the hardware without OCPP of a running server stands.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;
use serde_json::{Value, json};

use crate::output::{say, say_json, to_the_second};
use crate::remote::Server;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Only this one, with how it is bound
    #[arg(value_name = "ID")]
    id: Option<String>,
    /// Save its last turns as a tape: a new file
    #[arg(long, value_name = "FILE", requires = "id")]
    tape: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: Server,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    match (&options.id, &options.tape) {
        (Some(id), Some(file)) => tape(&options.server, id, file)?,
        (Some(id), None) => one(&options.server.get(&format!("devices/{}", segment(id)))?, options.json)?,
        (None, _) => list(&all(&options.server)?, options.json)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn tape(server: &Server, id: &str, file: &Path) -> Result<()> {
    let tape = server.text(&format!("devices/{}/tape", segment(id)))?;
    let saved = std::fs::File::create_new(file).and_then(|mut file| file.write_all(tape.as_bytes()));
    saved.with_context(|| format!("{} is to be a new file, and cannot be written", file.display()))?;
    say(format_args!("saved {} turns of {id}: {}", tape.lines().count(), file.display()));
    Ok(())
}

fn all(server: &Server) -> Result<Vec<Value>> {
    let (mut all, mut after) = (Vec::new(), String::new());
    loop {
        let mut page = server.get(&format!("devices?limit=1000{after}"))?;
        if let Some(items) = page["items"].as_array_mut() {
            all.append(items);
        }
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return Ok(all),
        }
    }
}

fn list(devices: &[Value], as_json: bool) -> Result<()> {
    if as_json {
        return say_json(&json!({ "items": devices }));
    }
    match devices.is_empty() {
        true => say("there are no devices; [[devices]] of the configuration or PUT /api/v1/devices/ID binds one"),
        false => devices.iter().for_each(|device| say(line(device))),
    }
    Ok(())
}

fn one(device: &Value, as_json: bool) -> Result<()> {
    if as_json {
        return say_json(device);
    }
    say(line(device));
    for (name, address) in device["wires"].as_object().into_iter().flatten() {
        say(format_args!("  wire {name}: {}", address.as_str().unwrap_or("-")));
    }
    for (name, value) in device["parameters"].as_object().into_iter().flatten() {
        say(format_args!("  parameter {name}: {value}"));
    }
    for (name, reading) in device["readings"].as_object().into_iter().flatten() {
        say(format_args!("  {name}: {}", reading.as_str().unwrap_or("-")));
    }
    let token = device["defaultToken"].as_str().unwrap_or("none: a card, or a start command");
    say(format_args!("  default token: {token}"));
    say(format_args!("  metered every {} s, {} turns, bound by the {}", device["meterS"], device["turns"], by(device)));
    Ok(())
}

fn line(device: &Value) -> String {
    let text = |name: &str| device[name].as_str().unwrap_or("-");
    let trouble =
        device["trouble"].as_str().or(device["remark"].as_str()).map(|why| format!("  ({why})")).unwrap_or_default();
    let (id, state, unit, version) = (text("id"), text("state"), text("unit"), text("driverVersion"));
    format!("{id:<24}{state:<18}{unit:<20}{version:<10}{:<15}{}{trouble}", by(device), to_the_second(&device["seenAt"]))
}

fn by(device: &Value) -> &str {
    match device["boundBy"].as_str() {
        Some("api") => "API",
        other => other.unwrap_or("-"),
    }
}

/// An id may have characters that no address may have.
fn segment(id: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    id.bytes().map(|byte| if is_plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
