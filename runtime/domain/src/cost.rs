//! Tariffs that a station computes costs by itself with (OCPP 2.1, block I), and payments at it (block C).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::holding::{Change, Kind, Like, body};
use crate::noted::Noted;
use crate::reply::Reply;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum CostEvent {
    /// The default tariff of this EVSE; 0: of each.
    TariffSet { evse: u32, tariff: Value },
    /// Tariffs of these ids are gone; none given: all.
    TariffsCleared { ids: Vec<String>, evse: Option<u32> },
    /// A payment was settled, or was not.
    Settled(Value),
    /// Somebody has entered the number of a company, for the receipt.
    VatNumber { number: String, evse: Option<u32> },
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
            let of_each = (*evse == 0).then_some(Change::Gone { kind: Kind::Tariff, like: Like::default() });
            let put = Change::Put { kind: Kind::Tariff, key: evse.to_string(), body: holding };
            Noted { changes: of_each.into_iter().chain([put]).collect(), tells: Vec::new() }
        }
        CostEvent::TariffsCleared { ids, evse } => {
            let like = Like::default().maybe("evse", *evse);
            let like = match &**ids {
                [] => like,
                ids => like.one_of("tariff.tariffId", ids.iter().map(|id| json!(id)).collect()),
            };
            Noted::change(Change::Gone { kind: Kind::Tariff, like })
        }
        CostEvent::VatNumber { .. } => Noted::default(),
        CostEvent::Settled(settlement) => Noted::default().tell("station.settlement", settlement.clone()),
    }
}
