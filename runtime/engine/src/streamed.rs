//! Which variable a stream tells of (OCPP 2.1, N11): the stream names its monitor, and the monitor its variable.

use amprule_domain::StationId;
use amprule_domain::doors::{StationBooks, StoreResult};
use amprule_domain::event::{DiagnosticsEvent, StationEvent};
use amprule_domain::holding::Kind;
use amprule_domain::variable::Place;
use serde_json::Value;

use crate::station::StationTask;

impl StationTask {
    /// Where that is not known the values stand with their stream alone.
    pub(crate) async fn place_stream(&mut self, event: &mut StationEvent) {
        let StationEvent::Diagnostics(DiagnosticsEvent::Streamed { id, place, .. }) = event else { return };
        match watched_by(&*self.ports.store, &self.station.record.id, *id).await {
            Ok(watched) => *place = watched,
            Err(error) => {
                self.trouble("which variable a stream tells of cannot be read; its value is not known", &error);
            }
        }
    }
}

async fn watched_by(store: &dyn StationBooks, station: &StationId, stream: i64) -> StoreResult<Option<Place>> {
    let Some(stream) = store.holding(station, Kind::Stream, &stream.to_string()).await? else { return Ok(None) };
    let monitor = match &stream.body["stream"]["variableMonitoringId"] {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.trim().to_owned(),
        _ => return Ok(None),
    };
    let monitor = store.holding(station, Kind::Monitor, &monitor).await?;
    Ok(monitor.and_then(|monitor| serde_json::from_value(monitor.body["place"].clone()).ok()))
}
