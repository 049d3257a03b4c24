//! Display messages (OCPP 2.0.1, block O).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::holding::{Change, Kind, Like, UNTOLD};
use crate::noted::Noted;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum DisplayEvent {
    /// The station shows it, or will (MessageInfoType).
    Set {
        id: i64,
        message: Value,
    },
    Cleared {
        id: i64,
    },
    /// It was asked for its messages, and tells them; or has none.
    Inquired {
        request: i64,
        is_all: bool,
        has_some: bool,
    },
    Reported {
        request: i64,
        messages: Vec<Value>,
        is_last: bool,
    },
}

/// A transaction's messages go with it (MessageInfoType).
pub(crate) fn forgotten_with(transaction: &str) -> Change {
    let like = Like::default().with("message.transactionId", transaction);
    Change::Gone { kind: Kind::DisplayMessage, like }
}

/// Its time is over by `now`: the station has removed it (MessageInfoType). `held`: as it is kept.
pub fn is_over(held: &Value, now: Timestamp) -> bool {
    let end = held["message"]["endDateTime"].as_str().and_then(|end| end.parse::<Timestamp>().ok());
    end.is_some_and(|end| end <= now)
}

pub(crate) fn noted(event: &DisplayEvent, now: Timestamp) -> Noted {
    let all = Like::default;
    match event {
        DisplayEvent::Set { id, message } => {
            let holding = json!({ "since": now, "message": message });
            Noted::change(Change::Put { kind: Kind::DisplayMessage, key: id.to_string(), body: holding })
        }
        DisplayEvent::Cleared { id } => Noted::change(Change::gone(Kind::DisplayMessage, id.to_string())),
        DisplayEvent::Inquired { is_all: false, .. } => Noted::default(),
        DisplayEvent::Inquired { has_some: false, .. } => {
            Noted::change(Change::Gone { kind: Kind::DisplayMessage, like: all() })
        }
        DisplayEvent::Inquired { request, .. } => Noted::change(Change::MergeAll {
            kind: Kind::DisplayMessage,
            like: all(),
            body: json!({ UNTOLD: request }),
        }),
        DisplayEvent::Reported { request, messages, is_last } => {
            let told = messages.iter().filter_map(|message| {
                let key = message["id"].as_i64()?.to_string();
                Some(Change::Put { kind: Kind::DisplayMessage, key, body: json!({ "message": message }) })
            });
            let gone = Change::Gone { kind: Kind::DisplayMessage, like: all().with(UNTOLD, *request) };
            Noted { changes: told.chain(is_last.then_some(gone)).collect(), tells: Vec::new() }
        }
    }
}
