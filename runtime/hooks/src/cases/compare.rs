//! Is what was expected contained in what came?

use std::fmt;
use std::str::FromStr;

use amprule_domain::Decimal;
use serde_json::Value;

/// A place where the two are not the same.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// `lines[1].amount`; empty for the whole.
    pub at: String,
    pub expected: Value,
    pub got: Value,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: expected {}, got {}", self.at, short(&self.expected), short(&self.got))
    }
}

impl Difference {
    /// A price may be behind it.
    pub(super) fn is_of_money(&self) -> bool {
        ["total", "amount", "unitPrice", "quantity", "lines", "currency", "max"]
            .iter()
            .any(|word| self.at.contains(word))
    }

    /// Line and column, from 0, of the member that was expected, at or behind a case's name.
    pub(super) fn place(&self, text: &str, from: usize) -> Option<(usize, usize)> {
        let member = self.at.split('[').next()?.rsplit('.').next().filter(|member| !member.is_empty())?;
        let mut lines = text.lines().enumerate().skip(from);
        let (line, found) = lines.find(|(_, line)| line.contains("expect"))?;
        let after = found.find("expect")?;
        let characters = |text: &str, bytes: usize| text[..bytes].chars().count();
        let here = found[after..].find(member).map(|at| (line, characters(found, after + at)));
        // A table of TOML goes on below its head.
        here.or_else(|| lines.take(12).find_map(|(line, text)| Some((line, characters(text, text.find(member)?)))))
    }
}

/// What a device is told. All of it is expected: what no case names, nobody meant to switch.
const WRITES: &str = "writes";

/// Members that are not expected may be there; expected list items must be there in this order. Numbers are compared
/// by value, whether they stand in quotes or not.
pub(super) fn differences(expect: &Value, got: &Value) -> Vec<Difference> {
    part(expect, got, "")
}

/// Refuses members of `given` that `known` has not.
pub(super) fn no_strangers(given: &Value, known: &Value, at: &str) -> Result<(), String> {
    match (given, known) {
        (Value::Object(given), Value::Object(known)) if !at.ends_with(".parameters") => {
            given.iter().try_for_each(|(name, value)| match known.get(name) {
                Some(known) => no_strangers(value, known, &format!("{at}.{name}")),
                None => {
                    let names = known.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
                    Err(format!("{at} has no member {name:?}; known are {names}"))
                }
            })
        }
        (Value::Array(given), Value::Array(known)) => given
            .iter()
            .zip(known)
            .enumerate()
            .try_for_each(|(index, (given, known))| no_strangers(given, known, &format!("{at}[{index}]"))),
        _ => Ok(()),
    }
}

fn part(expect: &Value, got: &Value, at: &str) -> Vec<Difference> {
    let differing = || Difference { at: at.to_owned(), expected: expect.clone(), got: got.clone() };
    match (expect, got) {
        (Value::Object(expect), Value::Object(got)) => {
            let member = |(name, value): (&String, &Value)| {
                let at = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
                part(value, got.get(name).unwrap_or(&Value::Null), &at)
            };
            expect.iter().flat_map(member).collect()
        }
        (Value::Array(all), Value::Array(said)) if at == WRITES && all.len() != said.len() => vec![differing()],
        (Value::Array(expect), Value::Array(got)) => in_order(expect, got, at),
        _ if same(expect, got) => Vec::new(),
        _ => vec![differing()],
    }
}

fn in_order(expect: &[Value], got: &[Value], at: &str) -> Vec<Difference> {
    let mut left = got.iter();
    let missing = expect.iter().position(|wanted| !left.any(|item| part(wanted, item, at).is_empty()));
    let Some(missing) = missing else { return Vec::new() };
    let beside = expect.iter().zip(got).enumerate();
    let beside = beside.flat_map(|(index, (wanted, item))| part(wanted, item, &format!("{at}[{index}]")));
    match beside.collect::<Vec<_>>() {
        // With lists of one length the members at the same place tell more than the whole list does.
        differences if expect.len() == got.len() && !differences.is_empty() => differences,
        _ => vec![Difference {
            at: format!("{at}[{missing}]"),
            expected: expect[missing].clone(),
            got: Value::from(got),
        }],
    }
}

fn same(expect: &Value, got: &Value) -> bool {
    expect == got || matches!((number(expect), number(got)), (Some(expect), Some(got)) if expect == got)
}

fn number(value: &Value) -> Option<Decimal> {
    match value {
        Value::String(text) => Decimal::from_str(text).ok(),
        Value::Number(number) => Decimal::from_str(&number.to_string()).ok(),
        _ => None,
    }
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() > 300 { text.chars().take(300).chain(['…']).collect() } else { text }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_part_is_contained_and_the_first_difference_is_named() {
        let got = json!({"currency": "EUR", "total": "4.90", "lines": [{"code": "energy", "amount": "4.9000"}, {"code": "idle", "amount": "0"}], "writes": [1, 2]});
        let cases = [
            (json!({"total": "4.90"}), None),
            (json!({"total": 4.9}), None),
            (json!({"writes": [1, 2]}), None),
            (json!({"writes": [2]}), Some("writes: expected [2], got [1,2]")),
            (json!({"writes": []}), Some("writes: expected [], got [1,2]")),
            (json!({"lines": [{"code": "idle"}]}), None),
            (json!({"lines": [{"code": "energy", "amount": "4.9"}, {"code": "idle"}]}), None),
            (json!({"total": "5"}), Some("total: expected \"5\", got \"4.90\"")),
            (
                json!({"lines": [{"code": "energy"}, {"code": "cap"}]}),
                Some("lines[1].code: expected \"cap\", got \"idle\""),
            ),
            (
                json!({"nextChangeAt": "2026-01-01T00:00:00Z"}),
                Some("nextChangeAt: expected \"2026-01-01T00:00:00Z\", got null"),
            ),
        ];
        for (expect, error) in cases {
            let first = differences(&expect, &got).first().map(ToString::to_string);
            assert_eq!(first.as_deref(), error, "{expect}");
        }
    }
}
