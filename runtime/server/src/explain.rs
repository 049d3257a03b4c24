//! `amprule explain ID`: one decision as a page for people, or what was decided in a session. It reads the data folder itself, beside a running server.

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use amprule_domain::decision::Decision;
use amprule_domain::doors;
use amprule_domain::session::Session;
use amprule_domain::{DecisionId, SessionId};
use amprule_store::StoreReader;
use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::cli::Explain;
use crate::output::{say, say_json};

pub(crate) fn run(options: &Explain) -> Result<ExitCode> {
    match (find(&options.data, &options.id)?, options.json) {
        (Found::Decision(decision, session), true) => {
            say_json(&json!({ "decision": decision, "session": session.as_deref().map(priced) }))?;
        }
        (Found::Decision(decision, session), false) => say(page(&decision, session.as_deref()).trim_end()),
        (Found::Session(session, decisions), true) => {
            say_json(&json!({ "session": priced(&session), "decisions": decisions }))?;
        }
        (Found::Session(session, decisions), false) => say(course(&session, &decisions).trim_end()),
    }
    Ok(ExitCode::SUCCESS)
}

/// What has the id.
enum Found {
    Decision(Box<Decision>, Option<Box<Session>>),
    /// With what was decided in it, newest first.
    Session(Box<Session>, Vec<Decision>),
}

fn find(data: &Path, id: &str) -> Result<Found> {
    let wanted: DecisionId =
        id.parse().with_context(|| format!("{id:?} is no id of a decision or a session: both are UUIDs"))?;
    let reader = StoreReader::open(data)?;
    if let Some(decision) = reader.decision(wanted)? {
        let session = decision.session.map(|session| reader.session(session)).transpose()?.flatten();
        return Ok(Found::Decision(Box::new(decision), session.map(Box::new)));
    }
    let session = SessionId(wanted.0);
    if let Some(found) = reader.session(session)? {
        let listed = reader.decisions_of(session, &doors::Page { after: None, limit: MOST_LISTED })?;
        return Ok(Found::Session(Box::new(found), listed.items));
    }
    let place = data.display();
    bail!(
        "there is no decision and no session {wanted} in {place}; a decision may have been sampled away, or be older than \
         [decisions] keep_days"
    )
}

/// Decisions of a session that are listed.
const MOST_LISTED: usize = 100;

/// A session, and what was decided in it.
fn course(session: &Session, decisions: &[Decision]) -> String {
    let mut page = Page::default();
    let _ = writeln!(page.0, "session {}", session.id);
    page.value(&priced(session), 1);
    page.section("what was decided in it, newest first; `amprule explain ID` shows each");
    for decision in decisions {
        let Decision { id, at, hook, unit, version, fault, fallback, .. } = decision;
        let instead = match (fault, fallback) {
            (_, Some(fallback)) => format!("  failed; {}", meaning(fallback)),
            (Some(fault), None) => format!("  {}", fault.class),
            (None, None) => String::new(),
        };
        let _ = writeln!(page.0, "  {id}  {at}  {:<13}  {unit} {version}{instead}", hook.as_str());
    }
    if decisions.is_empty() {
        page.line("nothing", "is recorded any more, or prices of this session were not sampled");
    }
    page.0
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
