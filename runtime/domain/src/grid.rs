//! Grid and battery (OCPP 2.1, blocks R and S): controls of the grid's, its alarms, and batteries that are swapped.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::holding::{Change, Kind, Like, body};
use crate::noted::Noted;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum GridEvent {
    /// The station has taken this control.
    ControlSet {
        id: String,
        control: Value,
        superseded: Vec<String>,
    },
    /// Controls of this id, or of this kind, are gone.
    ControlsCleared {
        id: Option<String>,
        kind: Option<String>,
        is_default: bool,
    },
    ControlsReported {
        controls: Vec<(String, Value)>,
    },
    /// A control begins or ends; those that it takes the place of stand behind it.
    ControlRuns {
        id: String,
        started: bool,
        superseded: Vec<String>,
    },
    /// The grid is not as it should be, or is again.
    Alarm {
        what: String,
        is_over: bool,
        alarm: Value,
    },
    /// `BatteryIn`, `BatteryOut`, `BatteryOutTimeout`.
    Swap {
        request: i64,
        event: String,
        swap: Value,
    },
}

pub(crate) fn noted(event: &GridEvent, now: Timestamp) -> Noted {
    match event {
        GridEvent::ControlSet { id, control, superseded } => {
            let others = superseded.iter().map(|id| state(id, "superseded", now));
            Noted { changes: [put(id, control, now)].into_iter().chain(others).collect(), tells: Vec::new() }
        }
        GridEvent::ControlsCleared { id, kind, is_default } => {
            let like = Like { key: id.clone(), ..Like::default() };
            let like = like.maybe("control.controlType", kind.clone()).with("control.isDefault", *is_default);
            Noted::change(Change::Gone { kind: Kind::DerControl, like })
        }
        GridEvent::ControlsReported { controls } => {
            Noted { changes: controls.iter().map(|(id, control)| put(id, control, now)).collect(), tells: Vec::new() }
        }
        GridEvent::ControlRuns { id, started, superseded } => {
            let own = state(id, if *started { "running" } else { "over" }, now);
            let changes = [own].into_iter().chain(superseded.iter().map(|id| state(id, "superseded", now))).collect();
            let tell = ("station.der-control", json!({ "control": id, "started": started, "superseded": superseded }));
            Noted { changes, tells: vec![tell] }
        }
        GridEvent::Alarm { what, is_over, alarm } => {
            let state = if *is_over { "cleared" } else { "active" };
            let news = body(json!({
                "state": state, "value": what, "event": alarm, "since": (!is_over).then_some(now),
                "clearedAt": is_over.then_some(now),
            }));
            let change = Change::Merge { kind: Kind::Alert, key: format!("DER {what}"), body: news.clone() };
            Noted::change(change).tell("station.alerts", json!({ "alerts": [news] }))
        }
        GridEvent::Swap { request, event, swap } => {
            let mut step = serde_json::Map::new();
            step.insert(event.clone(), json!({ "at": now, "swap": swap }));
            let change = Change::Merge { kind: Kind::Swap, key: request.to_string(), body: Value::Object(step) };
            let told = json!({
                "request": request, "event": event, "idToken": swap["idToken"], "batteries": swap["batteryData"],
            });
            Noted::change(change).tell("station.battery-swap", body(told))
        }
    }
}

fn state(id: &str, state: &str, now: Timestamp) -> Change {
    Change::Merge { kind: Kind::DerControl, key: id.to_owned(), body: json!({ "state": state, "stateAt": now }) }
}

fn put(id: &str, control: &Value, now: Timestamp) -> Change {
    Change::Put { kind: Kind::DerControl, key: id.to_owned(), body: json!({ "since": now, "control": control }) }
}
