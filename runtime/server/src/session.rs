//! `amprule session`: what people do to a session, through a running server.

use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::output::{say, say_json};
use crate::remote::Server;

#[derive(Debug, Args)]
pub(crate) struct Session {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Show a session and its bills
    Show {
        /// The session's id, a UUID
        #[arg(value_name = "ID")]
        id: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        server: Server,
    },
    /// End it in the books, at its last reading, though the station has not said so
    ///
    /// What the station tells of its end later still counts.
    End(Act),
    /// Let it cost nothing, whatever its station says later
    Void(Act),
    /// Say that somebody has looked at it, and that it stands
    Review(Act),
    /// Have it priced again by the versions that it is pinned to
    Reprice {
        /// By the versions that are active now, which it is pinned to from then on
        #[arg(long)]
        anew: bool,
        #[command(flatten)]
        act: Act,
    },
}

#[derive(Debug, Args)]
struct Act {
    /// The session's id, a UUID
    #[arg(value_name = "ID")]
    id: String,
    /// Why; it is kept with the session and with the bill that this leads to
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Who
    #[arg(long, value_name = "NAME", default_value = "cli")]
    by: String,
    #[command(flatten)]
    server: Server,
}

pub(crate) fn run(options: &Session) -> Result<ExitCode> {
    match &options.verb {
        Verb::Show { id, json, server } => return show(server, id, *json),
        Verb::End(act) => carry_out(act, "end", false)?,
        Verb::Void(act) => carry_out(act, "void", false)?,
        Verb::Review(act) => carry_out(act, "review", false)?,
        Verb::Reprice { anew, act } => carry_out(act, "re-price", *anew)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn carry_out(act: &Act, verb: &str, anew: bool) -> Result<()> {
    let body = json!({ "verb": verb, "reason": act.reason, "actor": act.by, "anew": anew });
    say(line(&act.server.post(&format!("sessions/{}/acts", act.id), &body)?));
    Ok(())
}

fn show(server: &Server, id: &str, as_json: bool) -> Result<ExitCode> {
    let session = server.get(&format!("sessions/{id}"))?;
    let bills = server.get(&format!("sessions/{id}/bills"))?;
    if as_json {
        say_json(&json!({ "session": session, "bills": bills["bills"] }))?;
        return Ok(ExitCode::SUCCESS);
    }
    say(line(&session));
    for act in session["acts"].as_array().into_iter().flatten() {
        say(format_args!(
            "  {} {} by {}: {}",
            text(act, "at"),
            text(act, "what"),
            text(act, "actor"),
            text(act, "reason")
        ));
    }
    for bill in bills["bills"].as_array().into_iter().flatten() {
        let (total, currency) = (text(bill, "total"), text(bill, "currency"));
        say(format!("  bill {}: {total} {currency}  {}", bill["version"], text(bill, "why")).trim_end());
    }
    Ok(ExitCode::SUCCESS)
}

fn line(session: &Value) -> String {
    let energy = session["energyWh"].as_f64().unwrap_or_default() / 1_000.0;
    let cost = match session["total"].as_str() {
        Some(total) => format!("{total} {}", text(session, "currency")),
        None => "no price".to_owned(),
    };
    let marks: Vec<_> = session["marks"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let line = format!(
        "{}  {} at {}  {energy} kWh  {cost}  {}",
        text(session, "id"),
        text(session, "state"),
        text(session, "station"),
        marks.join(" ")
    );
    line.trim_end().to_owned()
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or("-")
}
