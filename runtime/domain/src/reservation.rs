//! Reservations (OCPP 2.0.1, block H): places that stations keep for somebody.

mod places;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::availability::ConnectorStatus;
use crate::charging::{Station, Step};
use crate::event::TransactionEvent;
use crate::holding::{Change, Kind, Like, body};
use crate::noted::Noted;

pub(crate) use places::is_out_of_use;
pub use places::{Guest, Places, Reserved};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ReservationEvent {
    /// The station keeps a place, in the place of what it kept under this number.
    Made { id: i64, reservation: Reservation },
    /// We have taken it back, or the station knows none of this number.
    Cancelled { id: i64, was_there: bool },
    /// The station says that it is over: `Expired`, `Removed`, 2.1 also `NoTransaction`.
    Ended { id: i64, how: String },
    /// Nobody can use the place any more; `why` is the station's word: `Faulted`, `Unavailable`.
    Lost { id: i64, why: String },
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
pub(crate) fn used(
    station: &Station,
    event: &TransactionEvent,
    step: &Step,
    now: Timestamp,
) -> Option<ReservationEvent> {
    let session = step.sessions.first()?;
    let id = station.place_used(event, session, now)?;
    Some(ReservationEvent::Used { id, transaction: session.transaction.as_str().to_owned() })
}

/// Places that a connector's word ends: nobody can charge there any more (1.6, 5.13; 2.0.1, block H).
pub(crate) fn lost(station: &Station, status: &ConnectorStatus) -> impl Iterator<Item = ReservationEvent> {
    station.places_lost(status).map(|id| ReservationEvent::Lost { id, why: status.status.clone() })
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
        ReservationEvent::Lost { id, why } => (id, "ended", json!({ "why": why })),
        ReservationEvent::Used { id, transaction } => (id, "used", json!({ "transaction": transaction })),
    };
    let over = body(json!({ "state": state, "endedAt": now, "transaction": more["transaction"], "why": more["why"] }));
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
