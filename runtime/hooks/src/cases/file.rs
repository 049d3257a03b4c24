//! Reading cases: one or a list of them, in JSON or in TOML.

use amprule_domain::decision::Hook;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::Diagnostic;
use crate::manifest::{DEVICE, nearest};

/// One expectation of a unit's author.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Case {
    /// Where an editor finds the schema: `amprule schema case`.
    #[serde(default, rename = "$schema")]
    _schema: Option<String>,
    pub(super) name: String,
    pub(super) hook: Asked,
    #[serde(default)]
    pub(super) parameters: Map<String, Value>,
    /// Rows by the table's name.
    #[serde(default)]
    pub(super) tables: Map<String, Value>,
    pub(super) input: Value,
    pub(super) expect: Value,
}

/// Whom a case asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    Hook(Hook),
    /// A driver, for one turn.
    Driver,
}

impl<'de> Deserialize<'de> for Asked {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let word = String::deserialize(from)?;
        if word == DEVICE {
            return Ok(Self::Driver);
        }
        let known = Hook::ALL.into_iter().find(|hook| hook.as_str() == word);
        known.map(Self::Hook).ok_or_else(|| {
            let known = Hook::ALL.iter().map(|hook| hook.as_str()).chain([DEVICE]);
            serde::de::Error::custom(format!("there is no hook {word:?}; {}", nearest(&word, known)))
        })
    }
}

/// A file of TOML with more than one case has them as `[[case]]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    case: Vec<Case>,
}

const HINT: &str = "a case has name, hook, input and expect, and may have parameters and tables";

pub fn is_case_file(path: &str) -> bool {
    path.starts_with("cases/") && (path.ends_with(".json") || path.ends_with(".toml"))
}

/// Bytes of a file; what is read takes some hundred times as many.
const MAX_FILE: usize = 512 << 10;

pub(super) fn read(path: &str, bytes: &[u8]) -> Result<Vec<Case>, Box<Diagnostic>> {
    if bytes.len() > MAX_FILE {
        let why = format!("a file of cases has {} bytes; at most {MAX_FILE} are read", bytes.len());
        return Err(Box::new(
            Diagnostic::new("limit", why).in_file(path).hint("rows belong into a table, and cases into several files"),
        ));
    }
    let text = String::from_utf8_lossy(bytes);
    if path.ends_with(".toml") { from_toml(path, &text) } else { from_json(path, &text) }
}

fn from_json(path: &str, text: &str) -> Result<Vec<Case>, Box<Diagnostic>> {
    let list = text.trim_start().starts_with('[');
    let cases = if list { serde_json::from_str(text) } else { serde_json::from_str(text).map(|case| vec![case]) };
    cases.map_err(|error| {
        let message = error.to_string();
        let plain = message.split(" at line ").next().unwrap_or(&message);
        refuse(path, text, plain, (error.line().max(1), characters(text, error.line(), error.column())))
    })
}

/// The reader counts bytes; people and editors count characters. From 1.
fn characters(text: &str, line: usize, bytes: usize) -> usize {
    let line = text.lines().nth(line.saturating_sub(1)).unwrap_or_default();
    line[..line.floor_char_boundary(bytes.saturating_sub(1))].chars().count() + 1
}

fn from_toml(path: &str, text: &str) -> Result<Vec<Case>, Box<Diagnostic>> {
    let refuse = |error: toml::de::Error| {
        let before = &text[..text.floor_char_boundary(error.span().map_or(0, |span| span.start))];
        let column = before.chars().rev().take_while(|letter| *letter != '\n').count() + 1;
        refuse(path, text, error.message(), (before.matches('\n').count() + 1, column))
    };
    let table: toml::Table = text.parse().map_err(refuse)?;
    let is_list = table.contains_key("case");
    // By way of JSON: there a time is a text, and numbers compare as they do in the other files.
    let value = in_json(toml::Value::Table(table));
    let cases = if is_list {
        serde_json::from_value::<Listed>(value).map(|listed| listed.case)
    } else {
        serde_json::from_value(value).map(|case| vec![case])
    };
    cases.map_err(|error| {
        Box::new(Diagnostic::new("self-test", format!("not a case: {error}")).in_file(path).hint(HINT))
    })
}

fn in_json(value: toml::Value) -> Value {
    match value {
        toml::Value::String(text) => Value::from(text),
        toml::Value::Integer(number) => Value::from(number),
        toml::Value::Float(number) => Value::from(number),
        toml::Value::Boolean(flag) => Value::from(flag),
        toml::Value::Datetime(at) => Value::from(at.to_string()),
        toml::Value::Array(items) => items.into_iter().map(in_json).collect(),
        toml::Value::Table(table) => table.into_iter().map(|(name, value)| (name, in_json(value))).collect(),
    }
}

fn refuse(path: &str, text: &str, why: &str, (line, column): (usize, usize)) -> Box<Diagnostic> {
    let diagnostic = Diagnostic::new("self-test", format!("not a case: {why}")).in_file(path);
    Box::new(diagnostic.at(text, line, column).hint(HINT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_says_the_same_in_json_and_in_toml() {
        let json = r#"{"name": "a", "hook": "pricing", "input": {"now": "2026-07-01T10:00:00Z", "periods": [{"energyWh": 1.5}]}, "expect": {"total": "1.00"}}"#;
        let single = "name = \"a\"\nhook = \"pricing\"\n[input]\nnow = 2026-07-01T10:00:00Z\nperiods = [{ energyWh = 1.5 }]\n[expect]\ntotal = \"1.00\"\n";
        let list = "[[case]]\nname = \"a\"\nhook = \"pricing\"\ninput = { now = \"2026-07-01T10:00:00Z\", periods = [{ energyWh = 1.5 }] }\nexpect.total = \"1.00\"\n";
        let told = |path: &str, text: &str| format!("{:?}", read(path, text.as_bytes()).unwrap());
        assert_eq!(told("cases/a.json", json), told("cases/a.toml", single));
        assert_eq!(told("cases/a.json", json), told("cases/a.toml", list));
    }

    #[test]
    fn a_broken_case_is_shown_where_it_stands() {
        for (path, text, expect) in [
            ("cases/a.json", "{\n  \"name\": 1\n}", "cases/a.json:2"),
            ("cases/a.json", "{\n  \"name\": \"é😀\", \"hook\": 7\n}", "cases/a.json:2:25"),
            ("cases/a.toml", "name = \"a\"\nhook = pricing\n", "cases/a.toml:2"),
            ("cases/a.toml", "name = \"a\"\n", "missing field `hook`"),
        ] {
            let told = read(path, text.as_bytes()).unwrap_err().to_string();
            assert!(told.contains(expect), "{told}");
        }
    }
}
