//! `amprule sites`: how the power of a running server's sites is shared out.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use serde_json::{Value, json};

use crate::output::{say, say_json, to_the_second};
use crate::remote::Server;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Only this one
    #[arg(value_name = "ID")]
    id: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: Server,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let sites = match &options.id {
        Some(id) => vec![options.server.get(&format!("sites/{id}"))?],
        None => all(&options.server)?,
    };
    match (options.json, sites.is_empty()) {
        (true, _) => say_json(&json!({ "items": sites }))?,
        (false, true) => say("there are no sites; [[sites]] of the configuration describes one"),
        (false, false) => sites.iter().for_each(show),
    }
    Ok(ExitCode::SUCCESS)
}

fn all(server: &Server) -> Result<Vec<Value>> {
    let (mut all, mut after) = (Vec::new(), String::new());
    loop {
        let mut page = server.get(&format!("sites?limit=1000{after}"))?;
        if let Some(items) = page["items"].as_array_mut() {
            all.append(items);
        }
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return Ok(all),
        }
    }
}

fn show(site: &Value) {
    let unit = site["unit"].as_str().unwrap_or("equal shares");
    say(format_args!("{}  by {unit}, seen {}", text(site, "id"), to_the_second(&site["seenAt"])));
    if let Some(why) = site["trouble"].as_str() {
        say(format_args!("  trouble: {why}"));
    }
    for circuit in list(site, "circuits") {
        let blind = if circuit["isBlind"] == true { "  (its meter says nothing)" } else { "" };
        let (id, most) = (text(circuit, "id"), text(circuit, "mostA"));
        let (taken, capacity) = (phases(circuit, "takenA"), phases(circuit, "capacityA"));
        say(format_args!(
            "  circuit {id:<20} bears {most} A; up to {taken} A taken of {capacity} A for charging{blind}"
        ));
    }
    for evse in list(site, "evses") {
        say(format_args!("  {:<28} {}{}", text(evse, "id"), held(evse), odd(evse)));
    }
}

fn held(evse: &Value) -> String {
    match (evse["isConnected"] == true, evse["session"].is_string()) {
        (false, _) => format!("not connected, counts with {} A", text(evse, "mostA")),
        (true, true) => format!("charges with up to {} A", text(evse, "limitA")),
        (true, false) => format!("free; a session begins with {} A", text(evse, "standingA")),
    }
}

fn odd(evse: &Value) -> String {
    let exceeds = evse["exceedsA"].as_str().map(|amperes| format!("; draws {amperes} A though it may not"));
    let fails = evse["failures"].as_u64().filter(|failures| *failures > 0);
    let fails = fails.map(|failures| format!("; {failures} limits in a row came to nothing"));
    exceeds.into_iter().chain(fails).collect()
}

fn list<'s>(site: &'s Value, name: &str) -> impl Iterator<Item = &'s Value> {
    site[name].as_array().into_iter().flatten()
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or("-")
}

/// One number where all phases have the same.
fn phases(circuit: &Value, name: &str) -> String {
    let all: Vec<&str> = list(circuit, name).filter_map(Value::as_str).collect();
    match all.first() {
        Some(first) if all.iter().all(|other| other == first) => (*first).to_owned(),
        _ => all.join("/"),
    }
}
