//! NotifyPeriodicEventStream (OCPP 2.1, block N): a SEND, which is never answered.

use amprule_domain::event::{DiagnosticsEvent, StationEvent};
use serde_json::Value;

use crate::said::{int, plain};

/// The newest of its values counts.
pub(crate) fn read(payload: &str) -> Option<StationEvent> {
    let said: Value = serde_json::from_str(payload).ok()?;
    let id = int(&said["id"])?;
    let newest = said["data"].as_array()?.iter().max_by(|a, b| {
        let after = |element: &&Value| element["t"].as_f64().unwrap_or(0.0);
        after(a).total_cmp(&after(b))
    })?;
    let value = plain(&newest["v"])?;
    Some(StationEvent::Diagnostics(DiagnosticsEvent::Streamed {
        id,
        value,
        pending: int(&said["pending"]).unwrap_or(0),
    }))
}
