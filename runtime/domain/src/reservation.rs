//! Reservations (OCPP 2.0.1, block H): places that stations keep for somebody.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::charging::ChargingEvent;
use crate::holding::{Change, Kind, Like, body};
use crate::noted::Noted;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ReservationEvent {
    /// The station keeps a place, in the place of what it kept under this number.
    Made { id: i64, reservation: Reservation },
    /// We have taken it back, or the station knows none of this number.
    Cancelled { id: i64, was_there: bool },
    /// The station says that it is over: `Expired`, `Removed`, 2.1 also `NoTransaction`.
    Ended { id: i64, how: String },
    /// Who it was kept for has come: this transaction began with it.
    Used { id: i64, transaction: String },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reservation {
    /// IdTokenType of 2.x; of 1.6 without a type.
    pub id_token: Value,
    /// Others of this group may come instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// `None`: any EVSE of the station.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evse: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connector_type: Option<String>,
    pub expires_at: Timestamp,
}

/// Who it was kept for has come, as a transaction tells.
pub(crate) fn used(event: &ChargingEvent) -> Option<ReservationEvent> {
    let ChargingEvent::Transaction(event) = event else { return None };
    let transaction = event.transaction.as_ref().map(|transaction| transaction.as_str().to_owned()).unwrap_or_default();
    Some(ReservationEvent::Used { id: event.reservation?, transaction })
}

pub(crate) fn noted(event: &ReservationEvent, now: Timestamp) -> Noted {
    let (id, state, more) = match event {
        ReservationEvent::Made { id, reservation } => {
            let holding = json!({ "state": "kept", "madeAt": now, "reservation": reservation });
            let put = Change::Put { kind: Kind::Reservation, key: id.to_string(), body: holding };
            return Noted::change(put).tell("station.reservation", json!({ "id": id, "state": "kept" }));
        }
        ReservationEvent::Cancelled { id, was_there } => {
            (id, if *was_there { "cancelled" } else { "unknown" }, Value::Null)
        }
        ReservationEvent::Ended { id, how } => (id, word(how), Value::Null),
        // 1.6 names its transaction only after this.
        ReservationEvent::Used { id, transaction } if transaction.is_empty() => (id, "used", Value::Null),
        ReservationEvent::Used { id, transaction } => (id, "used", json!(transaction)),
    };
    let over = body(json!({ "state": state, "endedAt": now, "transaction": more }));
    let like = Like::default().key(id.to_string()).with("state", "kept");
    Noted::change(Change::MergeAll { kind: Kind::Reservation, like, body: over })
        .tell("station.reservation", json!({ "id": id, "state": state }))
}

/// ReservationUpdateStatusEnumType.
fn word(how: &str) -> &'static str {
    match how.to_ascii_lowercase().as_str() {
        "expired" => "expired",
        "notransaction" => "no-transaction",
        _ => "removed",
    }
}
