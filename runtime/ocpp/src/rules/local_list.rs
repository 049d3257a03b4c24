//! Local authorization lists (OCPP 2.0.1, D01; 1.6, 5.15).

use std::collections::HashMap;

use serde_json::Value;

use super::{Order, Verdict, clause, items};

pub(super) fn check(order: Order<'_>) -> Verdict {
    version(order)?;
    let entries = items(order.asked, "localAuthorizationList");
    each_once(order, entries)?;
    if order.asked["updateType"] == "Full" { each_says_something(order, entries) } else { Ok(()) }
}

/// A station tells 0 where its list is empty. So a list of 1.6 may be emptied under that number.
fn version(order: Order<'_>) -> Verdict {
    let (member, entries) =
        if order.is_v16() { ("listVersion", "localAuthorizationList") } else { ("versionNumber", "") };
    let number = order.asked[member].as_i64().unwrap_or_default();
    let empties = order.is_v16() && order.asked["updateType"] == "Full" && items(order.asked, entries).is_empty();
    if number > 0 || (number == 0 && empties) {
        return Ok(());
    }
    let rule = "must be more than 0: 0 is a station's word for an empty list, -1 for none";
    order.forbids(format!("/{member}"), rule, clause("5.10", "D01.FR.18"))
}

/// A token is the same in capital and small letters; in 2.x its type counts too (C01.FR.25).
fn each_once(order: Order<'_>, entries: &[Value]) -> Verdict {
    let token = |entry: &Value| {
        let (text, kind) = (&entry["idToken"]["idToken"], &entry["idToken"]["type"]);
        let text = text.as_str().or(entry["idTag"].as_str()).unwrap_or_default();
        (text.to_lowercase(), kind.as_str().unwrap_or_default().to_owned())
    };
    let mut seen = HashMap::new();
    for (at, entry) in entries.iter().enumerate() {
        if let Some(first) = seen.insert(token(entry), at) {
            let rule = format!("has the token of entry {first}, whatever its letters' case; each stands there once");
            let member = if order.is_v16() { "idTag" } else { "idToken" };
            let path = format!("/localAuthorizationList/{at}/{member}");
            return order.forbids(path, rule, clause("5.15", "D01, SendLocalListRequest"));
        }
    }
    Ok(())
}

/// An entry without information is one to be forgotten, which a full list has not.
fn each_says_something(order: Order<'_>, entries: &[Value]) -> Verdict {
    let is_bare = |entry: &Value| entry["idTokenInfo"].is_null() && entry["idTagInfo"].is_null();
    match entries.iter().position(is_bare) {
        Some(at) => {
            let rule = "says nothing of its token; in a full list each does";
            order.forbids(format!("/localAuthorizationList/{at}"), rule, clause("5.15", "D01.FR.05"))
        }
        None => Ok(()),
    }
}
