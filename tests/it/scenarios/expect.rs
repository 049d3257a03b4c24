//! What came out, held against what a scenario expects.
//!
//! A session is described by members of the API's view of it, and by these:
//!
//! | member | meaning |
//! |---|---|
//! | `hasMarks`, `lacksMarks` | all of these are among the marks, none of them is |
//! | `review` | whether a person has to look: `needs-review` is among the marks |
//! | `oneOf` | one of these descriptions fits as well: several outcomes are honest |
//!
//! `sessions` itself may be `{"oneOf": [[…], […]]}`. Moments agree when less than a minute lies between them.

use jiff::Timestamp;
use serde_json::{Value, json};

/// Seconds between two moments that count as the same: what is clamped to its receipt is a little later than now.
const NEAR_S: i64 = 60;

pub(super) fn sessions(found: &[Value], expected: &Value) -> Result<(), String> {
    match &expected["oneOf"] {
        Value::Null => each(found, expected),
        choices => one_of(items(choices), |choice| each(found, choice)),
    }
}

/// Every member that is wanted is there, at any depth; `null` means that there is none.
pub(super) fn has(found: &Value, wanted: &Value) -> bool {
    match wanted {
        Value::Object(members) => members.iter().all(|(name, member)| has(&found[name], member)),
        _ => near(found, wanted).unwrap_or(found == wanted),
    }
}

fn each(found: &[Value], expected: &Value) -> Result<(), String> {
    let expected = expected.as_array().ok_or("a scenario has sessions")?;
    if found.len() != expected.len() {
        return Err(format!("{} sessions instead of {}: {}", found.len(), expected.len(), json!(found)));
    }
    found.iter().zip(expected).try_for_each(|(found, expected)| session(found, expected))
}

fn session(found: &Value, expected: &Value) -> Result<(), String> {
    for (name, wanted) in expected.as_object().ok_or("a session is described by an object")? {
        if !is_so(found, name, wanted) {
            return Err(format!("{name} should be {wanted}: {found}"));
        }
    }
    Ok(())
}

fn is_so(found: &Value, name: &str, wanted: &Value) -> bool {
    let marks = items(&found["marks"]);
    match name {
        "hasMarks" => items(wanted).iter().all(|mark| marks.contains(mark)),
        "lacksMarks" => !items(wanted).iter().any(|mark| marks.contains(mark)),
        "review" => json!(marks.contains(&json!("needs-review"))) == *wanted,
        "oneOf" => one_of(items(wanted), |choice| session(found, choice)).is_ok(),
        name => has(&found[name], wanted),
    }
}

fn one_of(choices: &[Value], fits: impl Fn(&Value) -> Result<(), String>) -> Result<(), String> {
    let mut reasons = Vec::new();
    for choice in choices {
        match fits(choice) {
            Ok(()) => return Ok(()),
            Err(why) => reasons.push(why),
        }
    }
    Err(reasons.join("; or "))
}

/// `None` when one of them is no moment.
fn near(found: &Value, wanted: &Value) -> Option<bool> {
    let moment = |value: &Value| value.as_str()?.parse::<Timestamp>().ok();
    Some((moment(found)?.as_second() - moment(wanted)?.as_second()).abs() < NEAR_S)
}

fn items(list: &Value) -> &[Value] {
    list.as_array().map_or(&[], Vec::as_slice)
}

#[test]
fn a_session_agrees_with_a_description_of_some_of_its_members() {
    let found = json!({
        "energyWh": 5000, "endedAt": "2026-11-27T10:00:00.5Z", "marks": ["offline", "needs-review"],
        "idToken": {"idToken": "CARD-1", "type": "ISO14443"},
    });
    for (expected, agrees) in [
        (json!({"energyWh": 5000, "endedAt": "2026-11-27T09:59:30Z", "total": null}), true),
        (json!({"endedAt": "2026-11-27T09:58:30Z"}), false),
        (json!({"idToken": {"idToken": "CARD-1"}}), true),
        (json!({"idToken": {"idToken": "CARD-2"}}), false),
        (json!({"hasMarks": ["offline"], "lacksMarks": ["no-stop"], "review": true}), true),
        (json!({"lacksMarks": ["offline"]}), false),
        (json!({"review": false}), false),
        (json!({"oneOf": [{"energyWh": 1}, {"review": true}]}), true),
        (json!({"energyWh": 5000, "oneOf": [{"energyWh": 1}, {"review": false}]}), false),
    ] {
        assert_eq!(session(&found, &expected).is_ok(), agrees, "{expected}");
    }
    assert!(sessions(&[found], &json!({"oneOf": [[], [{"energyWh": 5000}]]})).is_ok());
}
