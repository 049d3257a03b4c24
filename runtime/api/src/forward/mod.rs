//! Forwards: other backends that hear what stations say.

pub(crate) mod list;

use amprule_domain::{StationId, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

/// Implemented over the lines. Each value has the members that [`crate::document`] lists for `ForwardView` and
/// `ForwardLineView`.
pub trait Forwards: Send + Sync {
    fn forwards(&self) -> Vec<serde_json::Value>;
    /// Of one station.
    fn of(&self, station: &StationId) -> Vec<serde_json::Value>;
}

/// A forward of the configuration file, with all of its stations.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ForwardView {
    #[schema(example = "books")]
    name: String,
    /// Host and path.
    to: String,
    /// The requests that its backend may send to stations.
    allow: Vec<String>,
    /// Stations that it has chosen and that have been here since the server started, or for which something waits.
    stations: u64,
    connected: u64,
    /// Messages on disk that its backend has not heard.
    waiting: u64,
    #[schema(required)]
    last_trouble: Option<ForwardTroubleView>,
    counts: ForwardCountsView,
}

/// How one station is heard by one backend.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ForwardLineView {
    #[schema(example = "books")]
    forward: String,
    /// Host and path.
    to: String,
    /// `away` (the station is not here, and nothing waits), `connecting`, `retrying`, `introducing`, `pending` or `rejected` (the
    /// backend has answered its BootNotification so, and is told nothing else), `connected`.
    #[schema(example = "connected")]
    state: String,
    #[schema(value_type = String, format = DateTime)]
    since: Timestamp,
    /// Messages on disk that the backend has not heard.
    waiting: u64,
    #[schema(required)]
    last_trouble: Option<ForwardTroubleView>,
    #[schema(required, value_type = Option<String>, format = DateTime)]
    next_try_at: Option<Timestamp>,
    #[schema(required, value_type = Option<String>, format = DateTime)]
    last_heard_at: Option<Timestamp>,
    /// Where the backend said otherwise of a token than we, last.
    #[schema(required, example = "StartTransaction: Accepted here, Invalid there")]
    last_difference: Option<String>,
    counts: ForwardCountsView,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ForwardTroubleView {
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    what: String,
}

/// Since the server started, or the forward was changed.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ForwardCountsView {
    /// Messages that the backend has answered with a result.
    heard: u64,
    /// Answers that say something else of a token than ours.
    differing: u64,
    /// Messages that it has refused, or not answered, and will not hear again.
    refused: u64,
    /// Messages of transactions whose start it has not taken (1.6).
    unmatched: u64,
    /// Messages that found no room, or no disk.
    dropped: u64,
    /// What means something at its time only, while the backend could not hear it.
    missed: u64,
    /// Requests of the backend that the station has answered.
    calls: u64,
    /// Those that the station was not told.
    calls_refused: u64,
    /// Frames of the backend that cannot be read or that answer nothing.
    garbage: u64,
}
