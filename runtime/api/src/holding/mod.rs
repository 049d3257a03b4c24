//! What stations hold: their profiles, variables, reservations, jobs, alerts and so on.

mod compared;
pub(crate) mod composite;
pub(crate) mod device_model;
pub(crate) mod list;
pub(crate) mod log_file;
mod pieces;
mod severity;

use amprule_domain::holding::{Holding, Kind};
use amprule_domain::{StationId, Timestamp};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// One thing that a station holds: its own members, and these.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HoldingView {
    /// What tells it from others of its kind: an id of the station's or of ours, a variable's place, a token.
    #[schema(example = "7")]
    id: String,
    station: String,
    /// When we last heard of it, or changed it.
    #[schema(value_type = String, format = DateTime)]
    changed_at: Timestamp,
    #[serde(flatten)]
    #[schema(value_type = Object)]
    body: Value,
}

impl HoldingView {
    /// As it stands `now`: a reservation whose time is over is kept no more, whether its station has said so or not.
    pub(crate) fn new((station, holding): (StationId, Holding), now: Timestamp) -> Self {
        let Holding { kind, key, at, mut body } = holding;
        if kind == Kind::Reservation && body["state"] == "kept" && is_past(&body["reservation"]["expiresAt"], now) {
            body["state"] = "expired".into();
        }
        Self { id: key, station: station.to_string(), changed_at: at, body }
    }
}

fn is_past(time: &Value, now: Timestamp) -> bool {
    time.as_str().and_then(|time| time.parse::<Timestamp>().ok()).is_some_and(|time| time <= now)
}

/// The last part of a path, and what is listed there.
const NOUNS: [(&str, Kind); 20] = [
    ("alerts", Kind::Alert),
    ("battery-swaps", Kind::Swap),
    ("certificates", Kind::Certificate),
    ("customer-reports", Kind::CustomerReport),
    ("der-controls", Kind::DerControl),
    ("device-model", Kind::Variable),
    ("display-messages", Kind::DisplayMessage),
    ("firmware-jobs", Kind::FirmwareJob),
    ("limits", Kind::Limit),
    ("local-list", Kind::LocalListEntry),
    ("local-list-version", Kind::LocalList),
    ("logs", Kind::LogJob),
    ("monitors", Kind::Monitor),
    ("profiles", Kind::Profile),
    ("reports", Kind::Report),
    ("reservations", Kind::Reservation),
    ("security-events", Kind::SecurityEvent),
    ("settlements", Kind::Settlement),
    ("streams", Kind::Stream),
    ("tariffs", Kind::Tariff),
];

fn kind_of(noun: &str) -> Option<Kind> {
    NOUNS.iter().find(|(name, _)| *name == noun).map(|(_, kind)| *kind)
}
