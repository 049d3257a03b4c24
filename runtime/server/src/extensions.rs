//! `amprule extensions` and the orders about versions: an operator's words to a running server, through its API.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use serde_json::{Value, json};

use crate::output::{say, say_json};
use crate::remote::Server;

#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only this one, with all of its versions
    #[arg(value_name = "ID")]
    id: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: Server,
}

#[derive(Debug, Args)]
pub(crate) struct Activate {
    #[arg(value_name = "ID")]
    id: String,
    /// The version's whole hash, as `amprule extensions ID` lists it
    #[arg(value_name = "HASH")]
    hash: String,
    #[command(flatten)]
    server: Server,
}

#[derive(Debug, Args)]
pub(crate) struct Approve {
    #[arg(value_name = "ID")]
    id: String,
    /// The version's whole hash; without it, what waits is shown
    #[arg(value_name = "HASH")]
    hash: Option<String>,
    #[command(flatten)]
    server: Server,
}

/// An order that names the extension and nothing else.
#[derive(Debug, Args)]
pub(crate) struct Named {
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    server: Server,
}

pub(crate) fn list(options: &List) -> Result<ExitCode> {
    let server = &options.server;
    let shown = match &options.id {
        Some(id) => server.get(&format!("extensions/{id}"))?,
        None => server.get("extensions")?,
    };
    if options.json {
        say_json(&shown)?;
        return Ok(ExitCode::SUCCESS);
    }
    match &options.id {
        Some(_) => whole(&shown),
        None => shown["items"].as_array().into_iter().flatten().for_each(|extension| say(brief(extension))),
    }
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn activate(options: &Activate) -> Result<ExitCode> {
    follow(&options.server, &options.id, &json!({ "order": "activate", "hash": options.hash }))
}

pub(crate) fn approve(options: &Approve) -> Result<ExitCode> {
    let Approve { id, hash, server } = options;
    match hash {
        Some(hash) => follow(server, id, &json!({ "order": "approve", "hash": hash })),
        None => {
            show_waiting(&server.get(&format!("extensions/{id}"))?);
            Ok(ExitCode::FAILURE)
        }
    }
}

/// What an operator may let in, with what it asks for or why it is kept out, and the words that do it.
fn show_waiting(extension: &Value) {
    let id = extension["id"].as_str().unwrap_or_default();
    let is_kept_back = |version: &&Value| matches!(version["stage"].as_str(), Some("waiting" | "quarantined"));
    let mut waiting = extension["versions"].as_array().into_iter().flatten().filter(is_kept_back).peekable();
    if waiting.peek().is_none() {
        say(format_args!("no version of {id} waits"));
    }
    for version in waiting {
        let text = |name: &str| version[name].as_str().unwrap_or_default().to_owned();
        say(format_args!("{} {} is {}: {}", id, text("version"), text("stage"), text("reason")));
        let is_held = extension["held"].is_string() && version["stage"] == "waiting";
        match is_held {
            true => say(format_args!("  to let it in: amprule unpin {id}")),
            false => say(format_args!("  to let it in: amprule approve {id} {}", text("hash"))),
        }
    }
}

/// Says from where it goes back: to roll back twice is to go forward again.
pub(crate) fn rollback(options: &Named) -> Result<ExitCode> {
    let before = options.server.get(&format!("extensions/{}", options.id))?;
    let (version, hash) = (before["version"].as_str().unwrap_or("-"), before["hash"].as_str().unwrap_or("-"));
    let exit = order("rollback", options)?;
    say(format_args!("  back from {version}; `amprule activate {} {hash}` goes there again", options.id));
    Ok(exit)
}

pub(crate) fn order(word: &str, options: &Named) -> Result<ExitCode> {
    follow(&options.server, &options.id, &json!({ "order": word }))
}

/// Says what is active afterwards.
fn follow(server: &Server, id: &str, body: &Value) -> Result<ExitCode> {
    let extension = server.post(&format!("extensions/{id}/orders"), body)?;
    if extension.is_null() {
        say(format_args!("{id} is let go; its files are gone, and sessions that are pinned to it go on"));
        return Ok(ExitCode::SUCCESS);
    }
    say(brief(&extension));
    say_held(&extension);
    Ok(ExitCode::SUCCESS)
}

fn brief(extension: &Value) -> String {
    let text = |name: &str| extension[name].as_str().unwrap_or("-").to_owned();
    let active = &extension["versions"][0];
    let (stage, hash) = (active["stage"].as_str().unwrap_or("-"), text("hash"));
    let short = hash.get(..12).unwrap_or(&hash);
    let trouble = extension["lastError"]["text"].as_str().and_then(|text| text.lines().next());
    let trouble = trouble.map(|line| format!("  ({line})")).unwrap_or_default();
    let faults: u64 = extension["calls"].as_array().into_iter().flatten().map(faults).sum();
    let faults = if faults > 0 { format!("  faults: {faults}") } else { String::new() };
    format!("{:<24}{:<10}{:<11}{:<10}{short}{faults}{trouble}", text("id"), text("state"), stage, text("version"))
}

fn faults(calls: &Value) -> u64 {
    calls["faults"].as_object().into_iter().flatten().filter_map(|(_, count)| count.as_u64()).sum()
}

/// How a hook's calls went, with the last fault.
fn say_calls(calls: &Value) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let classes = calls["faults"].as_object().into_iter().flatten();
    let classes: Vec<String> = classes.map(|(class, count)| format!("{count} {class}")).collect();
    let went = if classes.is_empty() { "no fault".to_owned() } else { format!("faults: {}", classes.join(", ")) };
    let breaker = match calls["breaker"].as_str() {
        Some("closed") | None => "",
        Some(_) => "; it is not asked for a while, since it failed too often",
    };
    say(format_args!("  {:<14}{} calls, {went}{breaker}", text(&calls["hook"]), calls["calls"]));
    if let Some(fault) = calls["lastFault"].as_object() {
        say(format_args!(
            "    the last one at {}: {}: {}",
            text(&fault["at"]),
            text(&fault["class"]),
            text(&fault["message"])
        ));
    }
}

fn say_held(extension: &Value) {
    if let Some(held) = extension["held"].as_str() {
        let id = extension["id"].as_str().unwrap_or_default();
        say(format_args!("  held by an operator at {held}, until `amprule unpin {id}`"));
    }
}

fn whole(extension: &Value) {
    say(brief(extension));
    if let Some(signer) = extension["signer"].as_str() {
        say(format_args!("  signed by {signer}, revision {}", extension["revision"]));
    }
    say_held(extension);
    extension["calls"].as_array().into_iter().flatten().for_each(say_calls);
    for version in extension["versions"].as_array().into_iter().flatten() {
        let text = |name: &str| version[name].as_str().unwrap_or_default().to_owned();
        let line = format!(
            "  {:<12}{:<10}{}  {}  {}",
            text("stage"),
            text("version"),
            text("hash"),
            text("since"),
            text("reason")
        );
        say(line.trim_end());
    }
    if let Some(text) = extension["lastError"]["text"].as_str() {
        say(format_args!("\n{text}"));
    }
}
