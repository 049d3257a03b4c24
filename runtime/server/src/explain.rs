//! `amprule explain ID`: one decision as a page for people. It reads the data folder itself, beside a running server.

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use amprule_domain::DecisionId;
use amprule_domain::decision::Decision;
use amprule_domain::session::Session;
use amprule_store::StoreReader;
use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::cli::Explain;
use crate::output::{say, say_json};

pub(crate) fn run(options: &Explain) -> Result<ExitCode> {
    let (decision, session) = find(&options.data, &options.id)?;
    if options.json {
        let session = session.as_ref().map(priced);
        say_json(&json!({ "decision": decision, "session": session }))?;
    } else {
        say(page(&decision, session.as_ref()).trim_end());
    }
    Ok(ExitCode::SUCCESS)
}

fn find(data: &Path, id: &str) -> Result<(Decision, Option<Session>)> {
    let wanted: DecisionId = id.parse().with_context(|| {
        format!("{id:?} is no decision's id, a UUID; GET /api/v1/decisions?session=… lists those of a session")
    })?;
    let reader = StoreReader::open(data)?;
    let decision = reader.decision(wanted)?.with_context(|| {
        let place = data.display();
        format!("there is no decision {wanted} in {place}; it may have been sampled away, or be older than [decisions] keep_days")
    })?;
    let session = decision.session.map(|session| reader.session(session)).transpose()?.flatten();
    Ok((decision, session))
}

fn page(decision: &Decision, session: Option<&Session>) -> String {
    let mut page = Page::default();
    page.head(decision);
    page.section("asked");
    page.line("hook", decision.hook.as_str());
    page.line("unit", &format!("{} {}", decision.unit, decision.version));
    page.line("hash", if decision.hash.is_empty() { "none: it was not loaded" } else { &decision.hash });
    page.line("generation", &decision.generation.to_string());
    page.section("it saw");
    page.value(&decision.input.value(), 1);
    page.section("it answered");
    match &decision.output {
        Some(output) => page.value(&output.value(), 1),
        None => page.line("nothing", "that could be used"),
    }
    if let Some(fault) = &decision.fault {
        page.line("fault", &fault.to_string());
    }
    if let Some(fallback) = &decision.fallback {
        page.line("fallback", meaning(fallback));
    }
    if let Some(earlier) = decision.same_as {
        page.line("same as", &format!("{earlier}: it would have said the same again, and was not asked"));
    }
    page.section("it took");
    page.line("fuel", &decision.fuel.to_string());
    page.line("time", &format!("{} µs", decision.duration_us));
    page.session(decision, session);
    page.0
}

/// What stood in, in words.
fn meaning(fallback: &str) -> &str {
    match fallback {
        "last-known-good" => "last-known-good: an earlier version of the same unit answered",
        "static-tariff" => "static-tariff: the configuration's tariff priced",
        "unpriced" => "unpriced: nothing could price, the session is marked needs-review",
        "hours-estimated" => {
            "hours-estimated: the version prices by other hours than the periods were cut at, so what flowed in them is shared \
             out over time; the session is marked needs-review"
        }
        "left-out" => "left-out: the bill has no lines of this modifier, the session is marked needs-review",
        "reject" => "reject: the start was refused",
        "no-opinion" => "no-opinion: the other policies decided",
        other => other,
    }
}

/// What of a session belongs beside its price.
fn priced(session: &Session) -> Value {
    let price = session.price.as_ref();
    json!({
        "id": session.id,
        "number": session.no,
        "station": session.station,
        "state": session.state,
        "startedAt": session.started_at,
        "total": price.map(|price| price.total),
        "currency": price.map(|price| price.currency),
        "pricedBy": price.map(|price| &price.priced_by),
        "marks": session.marks,
    })
}

#[derive(Default)]
struct Page(String);

impl Page {
    fn head(&mut self, decision: &Decision) {
        let _ = writeln!(self.0, "decision {}", decision.id);
        self.line("at", &decision.at.to_string());
        self.line("station", decision.station.as_str());
        if let Some(session) = decision.session {
            self.line("session", &session.to_string());
        }
    }

    fn section(&mut self, title: &str) {
        let _ = writeln!(self.0, "\n{title}");
    }

    fn line(&mut self, name: &str, text: &str) {
        let _ = writeln!(self.0, "  {name:<12} {text}");
    }

    /// Objects as indented lines; short lists and rows of a table on one line each.
    fn value(&mut self, value: &Value, depth: usize) {
        let indent = "  ".repeat(depth);
        match value {
            Value::Object(members) => {
                for (name, member) in members {
                    self.member(&indent, name, member, depth);
                }
            }
            Value::Array(items) => {
                for item in items {
                    let _ = writeln!(self.0, "{indent}- {}", flat(item));
                }
            }
            plain => {
                let _ = writeln!(self.0, "{indent}{}", flat(plain));
            }
        }
    }

    fn member(&mut self, indent: &str, name: &str, member: &Value, depth: usize) {
        let is_nested = match member {
            Value::Object(members) => !members.is_empty(),
            Value::Array(items) => items.iter().any(Value::is_object),
            _ => false,
        };
        if is_nested {
            let _ = writeln!(self.0, "{indent}{name}");
            self.value(member, depth + 1);
        } else {
            let _ = writeln!(self.0, "{indent}{name:<12} {}", flat(member));
        }
    }

    fn session(&mut self, decision: &Decision, session: Option<&Session>) {
        if decision.session.is_none() {
            return;
        }
        self.section("the session now");
        match session {
            Some(session) => self.value(&priced(session), 1),
            None => self.line("gone", "it is not in the database"),
        }
    }
}

fn flat(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "-".to_owned(),
        Value::Object(members) => {
            members.iter().map(|(name, member)| format!("{name} {}", flat(member))).collect::<Vec<_>>().join(", ")
        }
        Value::Array(items) => items.iter().map(flat).collect::<Vec<_>>().join(", "),
        plain => plain.to_string(),
    }
}
