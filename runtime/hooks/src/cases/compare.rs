//! Is what was expected contained in what came?

use std::str::FromStr;

use amprule_domain::Decimal;
use serde_json::Value;

/// Members that are not expected may be there; expected list items must be there in this order. Numbers are compared
/// by value, whether they stand in quotes or not. The error names the first difference.
pub(super) fn contained(expect: &Value, got: &Value) -> Result<(), String> {
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

fn part(expect: &Value, got: &Value, at: &str) -> Result<(), String> {
    match (expect, got) {
        (Value::Object(expect), Value::Object(got)) => expect.iter().try_for_each(|(name, value)| {
            let at = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
            part(value, got.get(name).unwrap_or(&Value::Null), &at).map_err(|why| with_fault(why, got))
        }),
        (Value::Array(expect), Value::Array(got)) => in_order(expect, got, at),
        _ if same(expect, got) => Ok(()),
        _ => Err(format!("{at}: expected {}, got {}", short(expect), short(got))),
    }
}

fn in_order(expect: &[Value], got: &[Value], at: &str) -> Result<(), String> {
    let mut left = got.iter();
    for (index, wanted) in expect.iter().enumerate() {
        if !left.any(|item| part(wanted, item, at).is_ok()) {
            // With lists of one length the members at the same place tell more than the whole list does.
            if let (true, Some(item)) = (expect.len() == got.len(), got.get(index)) {
                part(wanted, item, &format!("{at}[{index}]"))?;
            }
            return Err(format!("{at}[{index}]: expected {}, got {}", short(wanted), short(&Value::from(got))));
        }
    }
    Ok(())
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

/// A unit that failed has no members to compare: its fault is what the author must see.
fn with_fault(why: String, got: &serde_json::Map<String, Value>) -> String {
    match (got.get("fault").and_then(Value::as_str), got.get("message").and_then(Value::as_str)) {
        (Some(fault), Some(message)) if !why.contains("; it failed") => format!("{why}; it failed: {fault}: {message}"),
        _ => why,
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
        let got = json!({"currency": "EUR", "total": "4.90", "lines": [{"code": "energy", "amount": "4.9000"}, {"code": "idle", "amount": "0"}]});
        let cases = [
            (json!({"total": "4.90"}), None),
            (json!({"total": 4.9}), None),
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
            assert_eq!(contained(&expect, &got).err().as_deref(), error, "{expect}");
        }
    }
}
