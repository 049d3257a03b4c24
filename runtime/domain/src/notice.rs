//! What is told to the world after it is on disk: the event stream.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use crate::{SessionId, StationId};

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Notice {
    pub at: Timestamp,
    /// `station.connected`, `session.started`, `extension.activated`, … Listed in the API's documentation.
    pub kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub station: Option<StationId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extension: Option<String>,
    pub data: Value,
}
