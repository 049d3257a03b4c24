//! What is not sent though its shape is right: the rows of `tests/rules.txt`, which says how they are read.

use std::collections::HashMap;

use amprule_ocpp::{CommandFault, Dialect};
use serde_json::Value;

const ROWS: &str = include_str!("../rules.txt");

#[test]
fn what_the_standard_forbids_is_not_sent() {
    let rows: Vec<&str> = ROWS.lines().filter(|row| !row.is_empty() && !row.starts_with('#')).collect();
    let mut wrong = Vec::new();
    let mut bases: HashMap<(&str, &str), Value> = HashMap::new();
    for row in rows {
        if let Some(base) = row.strip_prefix("base ") {
            let [version, action, payload] = words(base, 3)[..] else { panic!("{row}") };
            let payload: Value = serde_json::from_str(payload).expect(row);
            for (word, dialect) in dialects(version) {
                assert_eq!(verdict(dialect, action, &payload), "sent", "{row}");
                bases.insert((word, action), payload.clone());
            }
            continue;
        }
        let (order, expect) = row.split_once(" => ").expect(row);
        let [version, action, changes] = words(order, 3)[..] else { panic!("{row}") };
        for (word, dialect) in dialects(version) {
            let mut payload = bases[&(word, action)].clone();
            changes.split(' ').for_each(|change| apply(&mut payload, change));
            let said = verdict(dialect, action, &payload);
            let (path, clause) = expect.split_once(' ').unwrap_or((expect, ""));
            let (said_path, message) = said.split_once(' ').unwrap_or((&said, ""));
            if said_path != path || !message.contains(clause) {
                wrong.push(format!("{row}\n  {word}: {said}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// `sent`, or place and message.
fn verdict(dialect: Dialect, action: &str, payload: &Value) -> String {
    let now = "2026-07-01T08:00:00Z".parse().expect("a time");
    match dialect.check_order(action, &payload.to_string(), now) {
        Ok(()) => "sent".to_owned(),
        Err(CommandFault::Invalid { path, message }) => format!("{path} {message}"),
        Err(other) => panic!("{other}"),
    }
}

fn dialects(version: &str) -> Vec<(&'static str, Dialect)> {
    let all = [("1.6", Dialect::V16), ("2.0.1", Dialect::V201), ("2.1", Dialect::V21)];
    let is_meant = |word: &str| word == version || (version == "2.x" && word != "1.6");
    all.into_iter().filter(|(word, _)| is_meant(word)).collect()
}

fn words(row: &str, most: usize) -> Vec<&str> {
    row.splitn(most, ' ').collect()
}

fn apply(payload: &mut Value, change: &str) {
    let (pointer, value) = change.split_once('=').expect(change);
    let (parent, member) = pointer.rsplit_once('/').expect(change);
    match payload.pointer_mut(parent).expect(change) {
        Value::Object(members) if value == "-" => drop(members.remove(member)),
        Value::Object(members) => drop(members.insert(member.to_owned(), serde_json::from_str(value).expect(change))),
        Value::Array(items) => {
            let (at, value) = (member.parse::<usize>().expect(change), serde_json::from_str(value).expect(change));
            if at < items.len() { items[at] = value } else { items.push(value) }
        }
        other => panic!("{change}: {other}"),
    }
}
