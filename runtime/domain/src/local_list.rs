//! The local authorization list (OCPP 2.0.1, block D): the tokens that a station knows by itself.

pub mod plan;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::holding::{Change, Kind, Like};
use crate::noted::Noted;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum LocalListEvent {
    /// The station has taken it.
    Taken { version: i64, is_full: bool, entries: Vec<Entry> },
    /// It has not: `Failed`, `VersionMismatch`, 1.6 also `NotSupported`. What it holds now nobody knows.
    Refused { version: i64, status: String },
    /// It says which version it has: 0 for none, in 1.6 also -1 where it has no such list.
    Version(i64),
}

/// A token; without an entry in a differential list it is to be forgotten.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// IdTokenType of 2.x; of 1.6 without a type.
    pub id_token: Value,
    /// IdTokenInfoType of 2.x, or IdTagInfo of 1.6.
    pub info: Option<Value>,
}

/// The one row of its kind.
const LIST: &str = "list";

pub(crate) fn noted(event: &LocalListEvent, now: Timestamp) -> Noted {
    match event {
        LocalListEvent::Taken { version, is_full, entries } => {
            let all = is_full.then(|| Change::Gone { kind: Kind::LocalListEntry, like: Like::default() });
            let list = json!({ "version": version, "takenAt": now, "refused": null, "told": version });
            let list = Change::Merge { kind: Kind::LocalList, key: LIST.to_owned(), body: list };
            let changes = all.into_iter().chain(entries.iter().map(entry)).chain([list]).collect();
            Noted { changes, tells: vec![("station.local-list", json!({ "version": version, "accepted": true }))] }
        }
        LocalListEvent::Refused { version, status } => {
            let refused = json!({ "refused": { "version": version, "status": status, "at": now } });
            Noted::change(Change::Merge { kind: Kind::LocalList, key: LIST.to_owned(), body: refused })
                .tell("station.local-list", json!({ "version": version, "accepted": false, "status": status }))
        }
        // A station without a list may say 0 or -1.
        LocalListEvent::Version(version) if *version <= 0 => {
            let list = json!({ "version": 0, "told": version, "toldAt": now });
            let list = Change::Merge { kind: Kind::LocalList, key: LIST.to_owned(), body: list };
            let gone = Change::Gone { kind: Kind::LocalListEntry, like: Like::default() };
            let told = ("station.local-list", json!({ "told": version }));
            Noted { changes: vec![gone, list], tells: vec![told] }
        }
        LocalListEvent::Version(version) => {
            let list = json!({ "told": version, "toldAt": now });
            Noted::change(Change::Merge { kind: Kind::LocalList, key: LIST.to_owned(), body: list })
                .tell("station.local-list", json!({ "told": version }))
        }
    }
}

fn entry(entry: &Entry) -> Change {
    let key = entry.id_token["idToken"].as_str().unwrap_or_default().to_uppercase();
    match &entry.info {
        Some(_) => Change::Put { kind: Kind::LocalListEntry, key, body: json!(entry) },
        None => Change::gone(Kind::LocalListEntry, key),
    }
}
