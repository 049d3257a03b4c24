//! `amprule chains`: which units a running server asks, and where.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use serde_json::Value;

use crate::output::{say, say_json};
use crate::remote::Server;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: Server,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let chains = options.server.get("chains")?;
    if options.json {
        say_json(&chains)?;
        return Ok(ExitCode::SUCCESS);
    }
    for rule in items(&chains["rules"]) {
        say(format_args!("{}: {}", text(&rule["name"]), members(&rule["when"])));
        say(format_args!("    {}", members(&rule["parts"])));
    }
    say(format_args!("everywhere:\n    {}", members(&chains["everywhere"])));
    for missing in items(&chains["missing"]) {
        let rule = missing["rule"].as_str().unwrap_or("everywhere");
        say(format_args!("missing: {} for {} ({rule})", text(&missing["unit"]), text(&missing["hook"])));
    }
    let file = &chains["file"];
    if let Some(error) = file["lastError"]["text"].as_str() {
        say(format_args!("the configuration as it is now does not count:\n{error}"));
    }
    for key in items(&file["needsRestart"]) {
        say(format_args!("{} has changed and counts after a restart", text(key)));
    }
    Ok(ExitCode::SUCCESS)
}

/// `from 22:00, locations Airport *`
fn members(of: &Value) -> String {
    let given = of.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null());
    let said: Vec<String> = given.map(|(name, value)| format!("{name} {}", words(value))).collect();
    if said.is_empty() { "always".to_owned() } else { said.join(", ") }
}

fn words(value: &Value) -> String {
    match value {
        Value::Array(items) if items.is_empty() => "none".to_owned(),
        Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join(" "),
        other => text(other).to_owned(),
    }
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
