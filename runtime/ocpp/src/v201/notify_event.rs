//! NotifyEvent (OCPP 2.0.1, 1.41).

use amprule_domain::event::{DiagnosticsEvent, StationEvent, VariableEvent};
use serde_json::Value;

use crate::message::{Message, empty};
use crate::payload::Trouble;
use crate::said::{Said, int, plain};
use crate::strictness::{Odd, Repairs};
use crate::v201::variables::place;

pub(crate) const MESSAGE: Message = Message::once("NotifyEvent", decode, empty);

/// Of one message; what is beyond is not taken.
const EVENTS_MAX: usize = 256;

fn decode(payload: &str, repairs: &mut Repairs) -> Result<StationEvent, Trouble> {
    let mut said = Said::read(payload, repairs)?;
    let data = said.objects("eventData")?;
    let mut events = Vec::with_capacity(data.len());
    if data.len() > EVENTS_MAX {
        said.repairs.note(Odd::ReadingsCut, "eventData")?;
    }
    for event in data.into_iter().take(EVENTS_MAX) {
        match variable_event(&event) {
            Some(event) => events.push(event),
            // The others count all the same.
            None => said.repairs.note(Odd::Missing, "eventData.component")?,
        }
    }
    Ok(StationEvent::Diagnostics(DiagnosticsEvent::Events(events)))
}

fn variable_event(event: &Value) -> Option<VariableEvent> {
    Some(VariableEvent {
        place: place(event)?,
        value: plain(&event["actualValue"]).unwrap_or_default(),
        trigger: plain(&event["trigger"]).unwrap_or_default(),
        is_cleared: event["cleared"].as_bool().unwrap_or(false),
        monitor: int(&event["variableMonitoringId"]),
        severity: int(&event["severity"]),
        at: event["timestamp"].as_str().and_then(|at| at.parse().ok()),
        event: event.clone(),
    })
}
