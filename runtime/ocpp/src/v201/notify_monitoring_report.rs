//! NotifyMonitoringReport (OCPP 2.0.1, 1.43).

use amprule_domain::event::{DiagnosticsEvent, Monitor, StationEvent};
use serde_json::Value;

use crate::message::{Message, empty};
use crate::payload::Trouble;
use crate::said::{Said, int, plain};
use crate::strictness::Repairs;
use crate::v201::variables::place;

pub(crate) const MESSAGE: Message = Message::once("NotifyMonitoringReport", decode, empty);

fn decode(payload: &str, repairs: &mut Repairs) -> Result<StationEvent, Trouble> {
    let mut said = Said::read(payload, repairs)?;
    let request = said.number("requestId")?;
    let monitors = said.objects("monitor")?.iter().flat_map(monitors).collect();
    let is_last = !said.truth("tbc")?;
    Ok(StationEvent::Diagnostics(DiagnosticsEvent::MonitorsReported { request, monitors, is_last }))
}

/// Of one variable.
fn monitors(data: &Value) -> Vec<Monitor> {
    let Some(place) = place(data) else { return Vec::new() };
    let each = data["variableMonitoring"].as_array().into_iter().flatten();
    each.filter_map(|monitor| {
        let kind = plain(&monitor["eventNotificationType"]);
        Some(Monitor { id: int(&monitor["id"])?, place: place.clone(), monitor: monitor.clone(), kind })
    })
    .collect()
}
