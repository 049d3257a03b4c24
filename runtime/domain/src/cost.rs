//! Tariffs that a station computes costs by itself with (OCPP 2.1, block I), and payments at it (block C).

pub(crate) mod own;
mod plan;
mod said;
mod settled;
mod shows;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::holding::{Change, Kind, Like, UNTOLD, body};
use crate::noted::Noted;
use crate::reply::Reply;

pub use own::{OwnCost, Settlement, StationMoney, ToldMoney};
pub use plan::{Refused as RefusedTariff, Step as TariffStep, next as next_tariff_step};
pub use said::{cost_shown, total_text};
pub use settled::Settled;
pub(crate) use settled::{apply as settle, transaction as settled_transaction};
pub use shows::{Shows, TOLD_BY, TariffBounds};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum CostEvent {
    /// The default tariff of this EVSE; 0: of each.
    TariffSet { evse: u32, tariff: Value },
    /// It has not taken this one as its default tariff.
    TariffRefused { evse: u32, tariff: Value, status: String, reason: Option<String> },
    /// Tariffs of these ids are gone; none given: all.
    TariffsCleared { ids: Vec<String>, evse: Option<u32> },
    /// Which default tariffs there are at this EVSE; 0: at all of them.
    TariffsTold { evse: u32, assigned: Vec<Assignment> },
    /// A payment was settled, or was not.
    Settled(Box<Settled>),
    /// Somebody has entered the number of a company, for the receipt.
    VatNumber { number: String, evse: Option<u32> },
}

/// A default tariff, known by its id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    pub evse: u32,
    pub tariff: String,
}

pub(crate) fn answer(event: &CostEvent) -> Reply {
    match event {
        CostEvent::VatNumber { number, evse } => {
            Reply::declined("Rejected", body(json!({ "vatNumber": number, "evseId": evse })))
        }
        _ => Reply::Empty,
    }
}

pub(crate) fn noted(event: &CostEvent, now: Timestamp) -> Noted {
    match event {
        CostEvent::TariffSet { evse, tariff } => {
            let holding = json!({ "evse": evse, "since": now, "tariff": tariff });
            let like = if *evse == 0 { Like::default() } else { Like::default().key(refused_key(*evse)) };
            let gone = Change::Gone { kind: Kind::Tariff, like };
            let put = Change::Put { kind: Kind::Tariff, key: evse.to_string(), body: holding };
            Noted { changes: vec![gone, put], tells: Vec::new() }
        }
        CostEvent::TariffRefused { evse, tariff, status, reason } => {
            let holding = json!({ "evse": evse, "tariff": tariff, REFUSED: true, "status": status, "reason": reason });
            Noted::change(Change::Put { kind: Kind::Tariff, key: refused_key(*evse), body: body(holding) })
        }
        CostEvent::TariffsCleared { ids, evse } => {
            let like = taken().maybe("evse", *evse);
            let like = match &**ids {
                [] => like,
                ids => like.one_of("tariff.tariffId", ids.iter().map(|id| json!(id)).collect()),
            };
            Noted::change(Change::Gone { kind: Kind::Tariff, like })
        }
        CostEvent::TariffsTold { evse, assigned } => told(*evse, assigned, now),
        CostEvent::VatNumber { .. } => Noted::default(),
        CostEvent::Settled(settled) => settled.noted(now),
    }
}

/// A member of a tariff that the station has not taken.
const REFUSED: &str = "isRefused";

/// Beside what the station has there.
fn refused_key(evse: u32) -> String {
    format!("{evse} refused")
}

fn taken() -> Like {
    Like::default().with(REFUSED, Value::Null)
}

/// Whoever boots may take what it has refused before.
pub(crate) fn tried_anew() -> Change {
    Change::Gone { kind: Kind::Tariff, like: Like::default().with(REFUSED, true) }
}

/// What it has said counts. A tariff of the id that we know keeps what we know of it; of another one only the id is known.
fn told(evse: u32, assigned: &[Assignment], now: Timestamp) -> Noted {
    let kind = Kind::Tariff;
    let asked = if evse == 0 { taken() } else { Like::default().key(evse.to_string()) };
    let mark = |like: Like, is_untold: Value| Change::MergeAll { kind, like, body: json!({ UNTOLD: is_untold }) };
    let mut changes = vec![mark(asked, json!(true))];
    for Assignment { evse, tariff } in assigned {
        // One that was set for each EVSE is told at each.
        let at = [evse.to_string(), "0".to_owned()];
        changes.extend(at.map(|key| mark(Like::default().key(key).with("tariff.tariffId", &**tariff), Value::Null)));
    }
    changes.push(Change::Gone { kind, like: Like::default().with(UNTOLD, true) });
    changes.extend(assigned.iter().map(|Assignment { evse, tariff }| {
        let body = json!({ "evse": evse, "told": now, "tariff": { "tariffId": tariff } });
        Change::Merge { kind, key: evse.to_string(), body }
    }));
    Noted { changes, tells: Vec::new() }
}
